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
import dev.lockkeeper.exit.Sentences;
import dev.lockkeeper.exit.TerminatedException;
import dev.lockkeeper.migration.MigrationTarget;
import dev.lockkeeper.schema.LookConnection;
import dev.lockkeeper.schema.SchemaLook;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaUnreadableException;
import dev.lockkeeper.waiting.Polling;
import dev.lockkeeper.waiting.Reminder;
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
	Map<String, SchemaLook> await(List<MigrationTarget> targets) {
		Instant end = Instant.now().plus(this.timeout).truncatedTo(ChronoUnit.SECONDS);
		try {
			return this.polling
				.await("waiting until nothing is missing", this.timeout, () -> look(targets, end),
						() -> timeUp(targets))
				.looks();
		}
		catch (TimeUpException ex) {
			return ex.looks;
		}
	}

	private Optional<Round> look(List<MigrationTarget> targets, Instant end) {
		Round before = this.last;
		Round round = new Round(new LinkedHashMap<>(), new LinkedHashMap<>());
		try (LookConnection connection = new LookConnection()) {
			for (MigrationTarget target : targets) {
				look(target, connection, before, round);
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

	private static void look(MigrationTarget target, LookConnection connection, @Nullable Round before, Round round) {
		SchemaLook known = (before != null) ? before.looks().get(target.getName()) : null;
		if (known != null && known.state().status().isServed()) {
			round.looks().put(target.getName(), known);
			return;
		}
		try {
			round.looks().put(target.getName(), target.look(connection));
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
		return round.failures().isEmpty() ? new TimeUpException(round.looks())
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
	 * @param looks the inspections by the names of the schemas
	 * @param failures why others could not be read
	 */
	private record Round(Map<String, SchemaLook> looks, Map<String, SchemaUnreadableException> failures) {

		boolean isOver() {
			return this.looks.values().stream().anyMatch((look) -> !look.state().changed().isEmpty())
					|| (this.failures.isEmpty()
							&& this.looks.values().stream().allMatch((look) -> look.state().status().isServed()));
		}

		// The answer must have all of the schemas
		void requireWhole() {
			if (!this.failures.isEmpty()) {
				this.looks.forEach(ChangedSchemaException::refuse);
			}
		}

		String missing() {
			String missing = this.looks.entrySet()
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

		private final transient Map<String, SchemaLook> looks;

		TimeUpException(Map<String, SchemaLook> looks) {
			super("Change sets are missing to the end");
			this.looks = looks;
		}

	}

}
