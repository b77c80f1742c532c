// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.time.Duration;
import java.util.List;

import dev.lockkeeper.lock.Lease;
import dev.lockkeeper.lock.LockAddress;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.RunEnd;
import dev.lockkeeper.schema.SchemaInspector;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaUnreadableException;
import org.jspecify.annotations.Nullable;

/**
 * The port to the engine that migrates one schema.
 *
 * @since 0.1.0
 */
public interface MigrationTarget extends SchemaInspector {

	/**
	 * Return the words that messages use for the engine.
	 * @return the words
	 */
	EngineWords getWords();

	/**
	 * Return whether the engine has something to do about a schema in a state: to apply
	 * pending change sets, to run what always runs, or to refuse what was changed.
	 * @param state the state of the schema
	 * @return whether a run is needed
	 */
	boolean needsRun(SchemaState state);

	/**
	 * Return whether the engine's own lock was left behind: by a run that is dead, as the
	 * last look has shown, and that died after its last commit, or in it, and left
	 * nothing to do; or by the last run of this process, which could not release it.
	 * @return whether it was left behind
	 */
	boolean isLockLeft();

	/**
	 * Release the engine's own lock, if it is still in the hands of a run that is dead.
	 * The lock of the schema need not be held: nobody else is ever released.
	 * @param dead the holder of a lease under which a run of this process has ended, or
	 * {@code null}; the holder that {@link #isLockLeft()} is about is released in any
	 * case
	 * @throws Exception when it cannot be released
	 */
	void releaseLeftLock(@Nullable String dead) throws Exception;

	/**
	 * Return what releases the engine's own lock in place of its holder, if the engine
	 * has such a lock. Known once the schema has been inspected.
	 * @return what releases it, or {@code null}
	 */
	default @Nullable ReleasableLock getReleasableLock() {
		return null;
	}

	/**
	 * Return the change sets of which a dead run has begun something outside of a
	 * transaction, if the engine notes that. Known once the schema has been inspected.
	 * @return the change sets, or {@code null}
	 */
	default @Nullable UnfinishedChangeSets getUnfinishedChangeSets() {
		return null;
	}

	/**
	 * Return whether the database lives inside this process, so that nobody else could
	 * migrate it.
	 * @return whether it does
	 */
	boolean isEmbedded();

	/**
	 * Return whether a run begins by dropping everything.
	 * @return whether it does
	 */
	boolean dropsFirst();

	/**
	 * Return where the lock of the schema is kept, when the database is not
	 * {@linkplain #isEmbedded() embedded}. Known once the schema has been inspected.
	 * @return the address
	 */
	LockAddress getLockAddress();

	/**
	 * See to it that a connection to the database is a session of its own as long as it
	 * lives: nothing that takes a lock or migrates can do with less. Nothing is written.
	 * @throws SharedSessionsException when it is proved that it is not. When nothing is
	 * proved, it counts as one.
	 * @throws SchemaUnreadableException when the database does not answer, or does not
	 * give enough connections for a run
	 */
	void requireSessions();

	/**
	 * Return whether a look has shown that something other than the database has answered
	 * its connection, as a pooler does, so that even who has nothing to do
	 * {@linkplain #requireSessions() asks} whether it shares sessions.
	 * @return whether it has
	 */
	boolean isRelayed();

	/**
	 * Migrate, on the calling thread. The caller holds the lock.
	 * @param lease the lock
	 * @param control tells when to stop, and is told what is done
	 * @throws SessionLostException when the connection was lost
	 * @throws Exception when a change set fails, or the run was stopped
	 */
	void migrate(Lease lease, RunControl control) throws Exception;

	/**
	 * Write to the ledger that a run begins, or that it goes on under another holder.
	 * That it cannot be written is no failure.
	 * @param runId the identifier of the run
	 * @param before the schema, seen after the lock was taken
	 * @param lease the lock, which is held
	 * @param lockWait how long the run has waited for the lock
	 */
	default void runBegins(String runId, SchemaState before, Lease lease, Duration lockWait) {
	}

	/**
	 * Write to the ledger how the run ended that began. That it cannot be written is no
	 * failure.
	 * @param end how it ended
	 * @param lockWait how long the run has waited for its locks, the engine's own
	 * included
	 */
	default void runEnds(RunEnd end, Duration lockWait) {
	}

	/**
	 * Remember that the schema has been seen at the level of the code, so that code of
	 * the same level can tell later what newer code has replaced. That it cannot be
	 * remembered is no failure.
	 */
	void rememberLevel();

	/**
	 * Return what newer code has replaced since the schema was at the level of this code,
	 * and what a run therefore leaves as it is.
	 * @return the change sets of this code that the last look has found to be replaced,
	 * in their order
	 */
	default List<ChangeSetReference> getReplaced() {
		return List.of();
	}

	/**
	 * Return the SQL that a run would execute now, change set by change set, the rows of
	 * the history included. Nothing is created or changed, and no lock is taken.
	 * @param limits what that may cost
	 * @return a script for the command line client of the database
	 * @throws SchemaUnreadableException when the database does not answer or refuses, or
	 * the changelog cannot be run
	 */
	Preview preview(PreviewLimits limits);

	/**
	 * Say what a failure of this target means.
	 * @param failure what was thrown, by the engine or by the lock
	 * @return what it means, or {@code null} when nobody foresaw it: then it is a bug, of
	 * the user's code or of ours
	 */
	@Nullable Diagnosis diagnose(Throwable failure);

}
