// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.question;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.TerminatedException;
import dev.lockkeeper.migration.MigrationTarget;
import dev.lockkeeper.schema.InspectionConnection;
import dev.lockkeeper.schema.SchemaInspection;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaUnreadableException;
import dev.lockkeeper.waiting.Polling;
import dev.lockkeeper.waiting.Reminder;
import dev.lockkeeper.wording.Sentences;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Inspects schemas again and again until none of them lacks anything. Only reads, and
 * holds no connection between two rounds. The migrator may still create what an
 * inspection misses: a database, a history or a right.
 *
 * @since 0.1.0
 */
public final class StatusWait {

	private static final Log logger = LogFactory.getLog(StatusWait.class);

	private final Polling polling;

	private final Duration timeout;

	private final Reminder reminder = new Reminder();

	private volatile @Nullable Round last;

	private @Nullable String warned;

	/**
	 * Create a wait.
	 * @param polling how to wait
	 * @param timeout how long, for all schemas together
	 */
	public StatusWait(Polling polling, Duration timeout) {
		this.polling = polling;
		this.timeout = timeout;
	}

	/**
	 * Wait.
	 * @param targets the schemas
	 * @return the last inspection of each of them: nothing is missing, or the time is up,
	 * or a run would refuse a change set that was changed
	 * @throws SchemaUnreadableException when the last inspection of a schema has failed,
	 * or the changelog cannot be read
	 * @throws TerminatedException when the process is asked to end
	 */
	Map<String, SchemaInspection> await(List<MigrationTarget> targets) {
		Instant end = Instant.now().plus(this.timeout).truncatedTo(ChronoUnit.SECONDS);
		try {
			return this.polling
				.await("waiting until nothing is missing", this.timeout, () -> inspect(targets, end),
						() -> timeUp(targets))
				.inspections();
		}
		catch (TimeUpException ex) {
			return ex.inspections;
		}
	}

	private Optional<Round> inspect(List<MigrationTarget> targets, Instant end) {
		Round before = this.last;
		Round round = new Round(new LinkedHashMap<>(), new LinkedHashMap<>());
		try (InspectionConnection connection = new InspectionConnection()) {
			for (MigrationTarget target : targets) {
				inspect(target, connection, before, round);
			}
		}
		this.last = round;
		if (round.isOver()) {
			round.requireWhole();
			return Optional.of(round);
		}
		report(round, end);
		return Optional.empty();
	}

	private static void inspect(MigrationTarget target, InspectionConnection connection, @Nullable Round before,
			Round round) {
		SchemaInspection known = (before != null) ? before.inspections().get(target.getName()) : null;
		if (known != null && known.state().status().isServed()) {
			round.inspections().put(target.getName(), known);
			return;
		}
		try {
			round.inspections().put(target.getName(), target.inspectWithRuns(connection));
		}
		catch (SchemaUnreadableException ex) {
			if (ex.getStatus() == ExitStatus.CHANGELOG) {
				throw ex;
			}
			round.failures().put(target.getName(), ex);
		}
	}

	private RuntimeException timeUp(List<MigrationTarget> targets) {
		Round round = this.last;
		if (round == null) {
			return SchemaUnreadableException.ofSilence(targets.get(0).getName());
		}
		return round.failures().isEmpty() ? new TimeUpException(round.inspections())
				: round.failures().values().iterator().next();
	}

	// Some failures need an operator: no migration ends them
	private void report(Round round, Instant end) {
		SchemaUnreadableException failure = round.failures()
			.values()
			.stream()
			.filter(SchemaUnreadableException::needsOperator)
			.findFirst()
			.orElse(null);
		boolean due = this.reminder.isDue();
		if (failure != null && !String.valueOf(failure.getMessage()).equals(this.warned)) {
			this.warned = failure.getMessage();
			logger.warn("lockkeeper - waiting until nothing is missing (%s; gives up at %s); %s".formatted(
					Sentences.inParentheses(String.valueOf(failure.getMessage())), end,
					Sentences.afterSemicolon(failure.getAction())));
		}
		else if (due) {
			logger.info("lockkeeper - waiting until nothing is missing (%s; gives up at %s)".formatted(round.missing(),
					end));
		}
	}

	/**
	 * The result of one round.
	 *
	 * @param inspections the inspections by the names of the schemas
	 * @param failures why others could not be read
	 */
	private record Round(Map<String, SchemaInspection> inspections, Map<String, SchemaUnreadableException> failures) {

		boolean isOver() {
			return this.inspections.values().stream().anyMatch((inspection) -> !inspection.state().changed().isEmpty())
					|| (this.failures.isEmpty() && this.inspections.values()
						.stream()
						.allMatch((inspection) -> inspection.state().status().isServed()));
		}

		// The answer must have all of the schemas
		void requireWhole() {
			if (!this.failures.isEmpty()) {
				this.inspections.forEach(ChangedSchemaException::refuse);
			}
		}

		String missing() {
			String missing = this.inspections.entrySet()
				.stream()
				.filter((entry) -> !entry.getValue().state().status().isServed())
				.map((entry) -> "schema %s lacks %s".formatted(entry.getKey(),
						SchemaState.count(entry.getValue().state().pending().size())))
				.collect(Collectors.joining(", "));
			String unread = this.failures.values()
				.stream()
				.map((failure) -> Sentences.inParentheses(String.valueOf(failure.getMessage())))
				.collect(Collectors.joining(", "));
			return missing + ((missing.isEmpty() || unread.isEmpty()) ? "" : ", ") + unread;
		}

	}

	/**
	 * The time is up; the inspections have what is missing.
	 */
	private static final class TimeUpException extends RuntimeException {

		private static final long serialVersionUID = 1L;

		private final transient Map<String, SchemaInspection> inspections;

		TimeUpException(Map<String, SchemaInspection> inspections) {
			super("Change sets are missing to the end");
			this.inspections = inspections;
		}

	}

}
