// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.gate;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.function.Consumer;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.TerminatedException;
import dev.lockkeeper.progress.Progress;
import dev.lockkeeper.schema.SchemaInspection;
import dev.lockkeeper.schema.SchemaInspector;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaUnreadableException;
import dev.lockkeeper.waiting.Polling;
import dev.lockkeeper.waiting.Reminder;
import dev.lockkeeper.waiting.TimeBudget;
import dev.lockkeeper.wording.Sentences;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Waits until another process has brought a schema to where the code expects it. Only
 * reads, and holds no connection between two inspections. Waits as well for a database
 * that does not answer, a history that does not exist and a right that is missing: the
 * migrator may create all three.
 *
 * @since 0.1.0
 */
public final class SchemaWait {

	private static final Log logger = LogFactory.getLog(SchemaWait.class);

	private final Polling polling;

	private final Duration timeout;

	private final TimeBudget budget;

	private final Progress progress;

	private final boolean failing;

	/**
	 * Create a wait.
	 * @param polling how to wait
	 * @param timeout how long, for all schemas together
	 * @param progress receives each inspection
	 */
	public SchemaWait(Polling polling, Duration timeout, Progress progress) {
		this(polling, timeout, progress, false);
	}

	/**
	 * Create a wait that ends once the schema can be read, and fails when change sets are
	 * missing.
	 * @param polling how to wait
	 * @param timeout how long each schema may be unreadable
	 * @param progress receives each inspection
	 * @return the wait
	 */
	public static SchemaWait untilReadable(Polling polling, Duration timeout, Progress progress) {
		return new SchemaWait(polling, timeout, progress, true);
	}

	private SchemaWait(Polling polling, Duration timeout, Progress progress, boolean failing) {
		this.polling = polling;
		this.timeout = timeout;
		this.progress = progress;
		this.failing = failing;
		this.budget = new TimeBudget(timeout);
	}

	/**
	 * Wait for a schema.
	 * @param inspector inspects the schema
	 * @return the state in which it may be served
	 * @throws SchemaNotReadyException when change sets are missing to the end, or an
	 * applied one was changed
	 * @throws SchemaUnreadableException when the schema could not be read to the end
	 */
	public SchemaState await(SchemaInspector inspector) {
		return await(inspector, (state) -> {
		});
	}

	/**
	 * Wait for a schema.
	 * @param inspector inspects the schema
	 * @param missing gets the first state that lacks something, and may throw an
	 * exception that ends the wait
	 * @return the state in which it may be served
	 * @throws SchemaNotReadyException when change sets are missing to the end, or an
	 * applied one was changed
	 * @throws SchemaUnreadableException when the schema could not be read to the end
	 */
	public SchemaState await(SchemaInspector inspector, Consumer<SchemaState> missing) {
		Wait wait = new Wait(inspector, missing);
		long started = System.nanoTime();
		SchemaState state;
		try {
			state = this.polling.await("waiting for the schema", remaining(), wait::inspect, wait::timeUp);
		}
		catch (TerminatedException ex) {
			throw wait.ended(ex);
		}
		logger.info("lockkeeper - the schema is there (schema %s, %s%s, waited %d ms)".formatted(inspector.getName(),
				state.status(), state.version(", at "), Duration.ofNanos(System.nanoTime() - started).toMillis()));
		return state;
	}

	// Other beans start between two schemas, and must not use up the time of the next
	private Duration remaining() {
		return this.failing ? this.timeout : this.budget.atMost(this.timeout);
	}

	/**
	 * The wait for one schema.
	 */
	private final class Wait {

		private final SchemaInspector inspector;

		private final String name;

		private final Reminder reminder = new Reminder();

		private final Instant end;

		private final Consumer<SchemaState> missing;

		private volatile @Nullable SchemaInspection seen;

		private volatile @Nullable SchemaUnreadableException unreadable;

		private volatile @Nullable String warned;

		Wait(SchemaInspector inspector, Consumer<SchemaState> missing) {
			this.inspector = inspector;
			this.missing = missing;
			this.name = inspector.getName();
			this.end = Instant.now().plus(remaining()).truncatedTo(ChronoUnit.SECONDS);
		}

		Optional<SchemaState> inspect() {
			Instant begun = Instant.now();
			try {
				SchemaState state = this.inspector.inspect();
				if (this.seen == null || state.status().isServed()) {
					found(SchemaInspection.of(state));
				}
				if (state.status().isServed()) {
					return Optional.of(state);
				}
				if (!state.changed().isEmpty()) {
					throw new SchemaNotReadyException(this.name, SchemaInspection.of(state), SchemaWait.this.timeout);
				}
				if (this.seen == null) {
					this.missing.accept(state);
				}
				if (SchemaWait.this.failing && state.lock() == null) {
					throw new SchemaNotReadyException(this.name, SchemaInspection.of(state), null);
				}
				boolean due = this.reminder.isDue();
				SchemaInspection inspection = this.inspector.watch(state, this.seen, due);
				found(inspection);
				if (inspection.state().status().isServed()) {
					return Optional.of(inspection.state());
				}
				if (SchemaWait.this.failing) {
					throw new SchemaNotReadyException(this.name, inspection, null);
				}
				this.seen = inspection;
				this.unreadable = null;
				this.warned = null;
				if (due) {
					String holder = inspection.holder();
					logger.info("lockkeeper - waiting for the schema (schema %s, %d pending: %s; %s; %s)%s".formatted(
							this.name, state.pending().size(), SchemaState.name(state.pending()),
							(holder != null) ? "the lock is held by " + holder : "no process seems to be migrating",
							end(), (holder != null) ? "" : "; start this release once with --migrate-only"));
				}
			}
			catch (SchemaUnreadableException ex) {
				if (ex.getStatus() == ExitStatus.CHANGELOG) {
					throw ex;
				}
				SchemaWait.this.progress.failed(this.name, begun, ex.getReason());
				this.unreadable = ex;
				boolean due = this.reminder.isDue();
				if (ex.needsOperator() && !String.valueOf(ex.getMessage()).equals(this.warned)) {
					this.warned = ex.getMessage();
					logger.warn("lockkeeper - waiting for a schema that cannot be read (schema %s: %s"
						.formatted(this.name, rest(ex)));
				}
				else if (due) {
					logger.info("lockkeeper - waiting for the schema (schema %s, not readable yet: %s"
						.formatted(this.name, rest(ex)));
				}
			}
			return Optional.empty();
		}

		private void found(SchemaInspection inspection) {
			SchemaWait.this.progress.found(this.name, inspection);
		}

		RuntimeException timeUp() {
			SchemaUnreadableException unread = this.unreadable;
			if (unread != null) {
				return unread;
			}
			SchemaInspection inspection = this.seen;
			return (inspection != null) ? new SchemaNotReadyException(this.name, inspection, SchemaWait.this.timeout)
					: SchemaUnreadableException.ofSilence(this.name);
		}

		TerminatedException ended(TerminatedException ended) {
			SchemaUnreadableException unread = this.unreadable;
			SchemaInspection inspection = this.seen;
			String found = "";
			if (unread != null) {
				found = " " + unread.getMessage();
			}
			else if (inspection != null) {
				found = " Schema %s lacks %s: %s".formatted(this.name,
						SchemaState.count(inspection.state().pending().size()),
						SchemaNotReadyException.missingFrom(inspection));
			}
			return new TerminatedException(this.name, ended.getMessage() + found);
		}

		private String rest(SchemaUnreadableException unreadable) {
			return "%s; %s); %s".formatted(Sentences.inParentheses(String.valueOf(unreadable.getMessage())), end(),
					Sentences.afterSemicolon(unreadable.getAction()));
		}

		private String end() {
			return "this process gives up at " + this.end;
		}

	}

}
