// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import dev.lockkeeper.schema.ChangeSetReference;

/**
 * Is told how the runs of this process go. Beans of this type are asked for when the
 * first run begins, which is early: before anything that uses the database is there.
 * Whatever a listener throws is logged, and changes nothing for the run. A run waits for
 * its listeners, so they must not take long.
 * <p>
 * The beginning and the end of a run, of its wait for the lock, and of a change set are
 * told on the thread of the run, and each beginning is followed by exactly one end. All
 * else may come from any thread.
 *
 * @since 0.1.0
 */
public interface MigrationListener {

	/**
	 * A run begins. Nothing has been looked at yet.
	 * @param run the run
	 */
	default void runStarted(RunReference run) {
	}

	/**
	 * A run has ended well, perhaps without having had something to do.
	 * @param run the run
	 * @param outcome how it went
	 */
	default void runEnded(RunReference run, MigrationOutcome outcome) {
	}

	/**
	 * A run has failed.
	 * @param run the run
	 * @param failure what it failed with; its message and those of its causes may show
	 * credentials
	 */
	default void runFailed(RunReference run, Throwable failure) {
	}

	/**
	 * A run that has something to do tries to take the lock, and waits while somebody
	 * else holds it.
	 * @param run the run
	 */
	default void lockWaitStarted(RunReference run) {
	}

	/**
	 * A run no longer waits for the lock.
	 * @param run the run
	 * @param acquired whether it has the lock; otherwise somebody else has left it
	 * nothing to do
	 */
	default void lockWaitEnded(RunReference run, boolean acquired) {
	}

	/**
	 * A run has given up to wait for the lock, and will fail.
	 * @param run the run
	 * @param failure why
	 */
	default void lockWaitFailed(RunReference run, Throwable failure) {
	}

	/**
	 * A change set begins.
	 * @param run the run
	 * @param changeSet the change set
	 */
	default void changeSetStarted(RunReference run, ChangeSetReference changeSet) {
	}

	/**
	 * A change set is over.
	 * @param run the run
	 * @param changeSet the change set
	 * @param outcome what became of it
	 */
	default void changeSetEnded(RunReference run, ChangeSetReference changeSet, ChangeSetOutcome outcome) {
	}

	/**
	 * The run broke off within a change set. It may go on all the same, when only its
	 * connection was lost.
	 * @param run the run
	 * @param changeSet the change set
	 * @param failure what broke it; its message and those of its causes may show
	 * credentials
	 */
	default void changeSetFailed(RunReference run, ChangeSetReference changeSet, Throwable failure) {
	}

	/**
	 * The lock was lost while the run held it.
	 * @param run the run
	 */
	default void leaseLost(RunReference run) {
	}

	/**
	 * The run has taken the lock from a holder that never released it: it died, or was
	 * out of reach until its lease ended.
	 * @param run the run
	 */
	default void lockTakenOver(RunReference run) {
	}

	/**
	 * The run goes on after it had lost its connection.
	 * @param run the run
	 */
	default void runResumed(RunReference run) {
	}

}
