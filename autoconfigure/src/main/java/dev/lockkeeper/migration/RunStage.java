// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.time.Duration;
import java.util.function.Supplier;

import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.SchemaState;
import org.jspecify.annotations.Nullable;

/**
 * The stages of a run, in their order. A stage can be read on any thread.
 */
sealed interface RunStage {

	/**
	 * Return where the schema is.
	 * @return one sentence, or {@code null} when it is not known
	 */
	default @Nullable String whereabouts() {
		return null;
	}

	/**
	 * Return the last attempt.
	 * @return the attempt, or {@code null} before the first one
	 */
	default @Nullable Attempt attempt() {
		return null;
	}

	/**
	 * Return how long the run has waited for its locks, the engine's own included.
	 * @return the time
	 */
	default Duration lockWait() {
		return Duration.ZERO;
	}

	/**
	 * Return how many change sets the run has applied.
	 * @return the number
	 */
	default int applied() {
		Attempt last = attempt();
		return (last != null) ? last.countApplied() : 0;
	}

	/**
	 * Return the change set that runs, or that failed.
	 * @return the change set, or {@code null} between two
	 */
	default @Nullable ChangeSetReference running() {
		Attempt last = attempt();
		return (last != null) ? last.getRunning() : null;
	}

	/**
	 * The run inspects the schema: it is not known yet whether there is something to
	 * migrate.
	 */
	record Inspecting() implements RunStage {
	}

	/**
	 * There is something to migrate.
	 *
	 * @param seen what the inspection found
	 */
	record Pending(SchemaState seen) implements RunStage {

		@Override
		public String whereabouts() {
			return this.seen.whereabouts();
		}

	}

	/**
	 * The run waits for the lock.
	 *
	 * @param acquisition takes the lock
	 */
	record WaitingForLock(LockAcquisition acquisition) implements RunStage {

		@Override
		public @Nullable String whereabouts() {
			return this.acquisition.whereabouts();
		}

		@Override
		public Duration lockWait() {
			return this.acquisition.getWaited();
		}

	}

	/**
	 * An attempt migrates the schema, or has migrated it.
	 *
	 * @param acquisition has taken the lock
	 * @param attempt the attempt
	 */
	record Migrating(LockAcquisition acquisition, Attempt attempt) implements RunStage {

		@Override
		public @Nullable String whereabouts() {
			return this.attempt.whereabouts();
		}

		@Override
		public Duration lockWait() {
			return this.acquisition.getWaited().plus(this.attempt.getEngineLockWait());
		}

	}

	/**
	 * The last attempt has lost its connection, and the run cannot go on yet.
	 *
	 * @param acquisition takes the lock again if the lease is lost, too
	 * @param attempt the attempt that lost its connection
	 * @param seen returns where the schema is, once the database has answered again
	 */
	record Reconnecting(LockAcquisition acquisition, Attempt attempt,
			Supplier<@Nullable String> seen) implements RunStage {

		@Override
		public @Nullable String whereabouts() {
			return this.seen.get();
		}

		@Override
		public Duration lockWait() {
			return this.acquisition.getWaited().plus(this.attempt.getEngineLockWait());
		}

	}

}
