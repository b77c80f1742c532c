// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.util.List;

import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.RunActivity.Blocker;
import dev.lockkeeper.schema.RunEnd;

/**
 * Receives what happens in the runs of this process. Each bean of this type is a
 * listener. The beans are created when the first run begins, which is early: before
 * anything that uses the database exists.
 * <p>
 * Methods are called while the run waits, so they must return soon. An exception is
 * logged, and changes neither the run nor what the other listeners receive.
 * <p>
 * The beginning and the end of a run, of a wait for a lock and of a change set are
 * reported on the thread of the run; each beginning is followed by exactly one end
 * ({@code …Ended}, {@code …Failed} or {@code …Blocked}). The other events may be reported
 * on any thread.
 *
 * @since 0.1.0
 */
public interface MigrationListener {

	/**
	 * Called when a run begins, before the schema is inspected.
	 * @param run the run
	 */
	default void runStarted(RunReference run) {
	}

	/**
	 * Called when a run has succeeded, also when nothing had to be migrated.
	 * @param run the run
	 * @param end how it ended, with the exit status
	 * {@link dev.lockkeeper.exit.ExitStatus#DONE DONE}
	 */
	default void runEnded(RunReference run, RunEnd end) {
	}

	/**
	 * Called when a run has failed, or has ended without an error although the schema is
	 * not what the code needs.
	 * @param run the run
	 * @param end how it ended, with any other status
	 */
	default void runFailed(RunReference run, RunEnd end) {
	}

	/**
	 * Called when a run with something to migrate begins to wait for a lock: for the lock
	 * of the schema, and later for the engine's own if another process holds that one.
	 * @param run the run
	 */
	default void lockWaitStarted(RunReference run) {
	}

	/**
	 * Called when a run no longer waits for a lock.
	 * @param run the run
	 * @param outcome whether the run holds the lock or no longer needs it
	 */
	default void lockWaitEnded(RunReference run, LockWaitOutcome outcome) {
	}

	/**
	 * Called when a run has given up waiting for a lock. The run will fail.
	 * @param run the run
	 * @param end how the run ends because of it
	 */
	default void lockWaitFailed(RunReference run, RunEnd end) {
	}

	/**
	 * Called when a change set begins.
	 * @param run the run
	 * @param changeSet the change set
	 */
	default void changeSetStarted(RunReference run, ChangeSetReference changeSet) {
	}

	/**
	 * Called when a change set has ended and the run goes on.
	 * @param run the run
	 * @param changeSet the change set
	 * @param outcome how it ended
	 */
	default void changeSetEnded(RunReference run, ChangeSetReference changeSet, ChangeSetOutcome outcome) {
	}

	/**
	 * Called when the run breaks off within a change set. The run may still go on when
	 * only its connection was lost; then {@link #runResumed} follows.
	 * @param run the run
	 * @param changeSet the change set
	 * @param end how the run ends unless it goes on
	 */
	default void changeSetFailed(RunReference run, ChangeSetReference changeSet, RunEnd end) {
	}

	/**
	 * Called when a change set was rolled back because other sessions were in its way: it
	 * has waited too long for a lock, or was chosen to end a deadlock or a conflict. It
	 * has neither ended nor failed: the run tries it again, after a pause, or fails.
	 * @param run the run
	 * @param changeSet the change set
	 * @param blockers the sessions that were in its way, as far as they were seen
	 */
	default void changeSetBlocked(RunReference run, ChangeSetReference changeSet, List<Blocker> blockers) {
	}

	/**
	 * Called when the run has lost the lock that it held.
	 * @param run the run
	 */
	default void leaseLost(RunReference run) {
	}

	/**
	 * Called when the run has taken the lock from a holder that never released it: that
	 * process died, or was out of reach until its lease expired.
	 * @param run the run
	 */
	default void lockTakenOver(RunReference run) {
	}

	/**
	 * Called when the run goes on after it had lost its connection.
	 * @param run the run
	 */
	default void runResumed(RunReference run) {
	}

}
