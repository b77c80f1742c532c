// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.gate;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.progress.Progress;
import dev.lockkeeper.schema.LockHolder;
import dev.lockkeeper.schema.SchemaInspector;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.schema.SchemaUnreadableException;
import dev.lockkeeper.waiting.Polling;
import dev.lockkeeper.waiting.Reminder;
import dev.lockkeeper.waiting.TimeBudget;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Waits until somebody else has brought a schema to where the code expects it. Only
 * reads, and holds no connection between two looks. A database that does not answer, a
 * history that is not there and a right that is missing are waited for as well: the
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

	/**
	 * Create a wait.
	 * @param polling how to wait
	 * @param timeout how long, for all schemas together
	 * @param progress is told what each look finds
	 */
	public SchemaWait(Polling polling, Duration timeout, Progress progress) {
		this.polling = polling;
		this.timeout = timeout;
		this.progress = progress;
		this.budget = new TimeBudget(timeout);
	}

	/**
	 * Wait for a schema.
	 * @param inspector looks at the schema
	 * @return the state in which it may be served
	 * @throws SchemaNotReadyException when change sets are missing to the end, or an
	 * applied one was changed
	 * @throws SchemaUnreadableException when the schema could not be read to the end
	 */
	public SchemaState await(SchemaInspector inspector) {
		AtomicReference<@Nullable RuntimeException> last = new AtomicReference<>();
		Reminder reminder = new Reminder();
		long started = System.nanoTime();
		SchemaState state = this.polling.await("waiting for the schema", this.budget.atMost(this.timeout),
				() -> look(inspector, last, reminder), () -> {
					RuntimeException reason = last.get();
					return (reason != null) ? reason : SchemaUnreadableException.ofSilence(inspector.getName());
				});
		logger
			.info("lockkeeper - the schema is there (schema %s, %s, at %s, waited %d ms)".formatted(inspector.getName(),
					state.status(), state.version(), Duration.ofNanos(System.nanoTime() - started).toMillis()));
		return state;
	}

	private Optional<SchemaState> look(SchemaInspector inspector, AtomicReference<@Nullable RuntimeException> last,
			Reminder reminder) {
		String name = inspector.getName();
		try {
			SchemaState state = inspector.inspect();
			this.progress.found(name, state.status());
			if (state.status().isServed()) {
				return Optional.of(state);
			}
			SchemaNotReadyException notReady = new SchemaNotReadyException(name, state, this.timeout);
			if (!state.changed().isEmpty()) {
				throw notReady;
			}
			last.set(notReady);
			if (reminder.isDue()) {
				logger.info("lockkeeper - waiting for the schema (schema %s, %d pending: %s; %s)".formatted(name,
						state.pending().size(), SchemaState.name(state.pending()), migrator(state.lock())));
			}
		}
		catch (SchemaUnreadableException ex) {
			if (ex.getStatus() == ExitStatus.CHANGELOG) {
				throw ex;
			}
			this.progress.found(name, SchemaStatus.UNREADABLE);
			last.set(ex);
			if (reminder.isDue()) {
				logger.info("lockkeeper - waiting for the schema (schema %s, not readable yet: %s)".formatted(name,
						ex.getMessage()));
			}
		}
		return Optional.empty();
	}

	private static String migrator(@Nullable LockHolder holder) {
		return (holder != null) ? "%s migrates since %s".formatted(holder.holder(), holder.since())
				: "nobody is seen to migrate";
	}

}
