// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.time.Duration;
import java.util.List;

import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.lock.Lease;
import dev.lockkeeper.lock.LockAddress;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.LockContention;
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
	 * Return whether the engine's own lock is stale: held for a run that is dead, as the
	 * last inspection has shown, and that died in or after its last commit, so that
	 * nothing remains to do; or for the last run of this process, which could not release
	 * it.
	 * @return whether it is stale
	 */
	boolean hasStaleLock();

	/**
	 * Release the engine's own lock, if it is still held for a run that is dead. The lock
	 * of the schema need not be held: a lock of any other holder is never released.
	 * @param dead the holder of a lease under which a run of this process has ended, or
	 * {@code null}; the holder for which {@link #hasStaleLock()} is true is released in
	 * any case
	 * @throws Exception when it cannot be released
	 */
	void releaseStaleLock(@Nullable String dead) throws Exception;

	/**
	 * Return the release of the engine's own lock in place of its holder, if the engine
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
	 * Return whether the database lives inside this process, so that no other process
	 * could migrate it.
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
	 * Require that a connection to the database is a session of its own as long as it
	 * lives, as every lock and migration needs. Nothing is written.
	 * @throws SharedSessionsException when it is proved that connections share sessions.
	 * Without a proof they count as unshared.
	 * @throws SchemaUnreadableException when the database does not answer, or does not
	 * give enough connections for a run
	 */
	void requireSessions();

	/**
	 * Create what the engine needs to find before our own tables, if it is missing. To be
	 * called once before the lock is taken for the first time, when a run is needed.
	 * @return whether something was created
	 * @throws LockkeeperException when the engine refuses to migrate what it finds, or
	 * the database does not answer
	 */
	default boolean createHistory() {
		return false;
	}

	/**
	 * Return whether an inspection has shown that something other than the database has
	 * answered its connection, as a pooler does. Then even a process with nothing to do
	 * {@linkplain #requireSessions() checks} whether connections share sessions.
	 * @return whether it has
	 */
	boolean isRelayed();

	/**
	 * Migrate, on the calling thread. The caller holds the lock.
	 * @param lease the lock
	 * @param control decides when to stop, and receives the progress
	 * @throws SessionLostException when the connection was lost
	 * @throws Exception when a change set fails, or the run was stopped
	 */
	void migrate(Lease lease, RunControl control) throws Exception;

	/**
	 * Write to the ledger that a run begins, or that it goes on under another holder. A
	 * failure to write does not fail the run.
	 * @param runId the identifier of the run
	 * @param before the schema, seen after the lock was taken
	 * @param lease the lock, which is held
	 * @param lockWait how long the run has waited for the lock
	 */
	default void runBegins(String runId, SchemaState before, Lease lease, Duration lockWait) {
	}

	/**
	 * Write to the ledger that other sessions were in the way of a change set of the run
	 * that began. A failure to write does not fail the run.
	 * @param contention what happened
	 */
	default void runBlocked(LockContention contention) {
	}

	/**
	 * Write to the ledger how the run ended that began. A failure to write does not fail
	 * the run.
	 * @param end how it ended
	 * @param lockWait how long the run has waited for its locks, the engine's own
	 * included
	 */
	default void runEnds(RunEnd end, Duration lockWait) {
	}

	/**
	 * Remember that the schema has been seen at the level of the code, so that code of
	 * the same level can find out later what newer code has replaced. A failure to
	 * remember it does not fail the run.
	 */
	void rememberLevel();

	/**
	 * Return what newer code has replaced since the schema was at the level of this code,
	 * and what a run therefore leaves as it is.
	 * @return the change sets of this code that the last inspection has found to be
	 * replaced, in their order
	 */
	default List<ChangeSetReference> getReplaced() {
		return List.of();
	}

	/**
	 * Verify, after a run or where there was nothing to do, that the role of the
	 * application has its rights and no others, if a setting names that role.
	 * @throws LockkeeperException when it has not, and the settings want that to be a
	 * failure
	 */
	default void verifyRoles() {
	}

	/**
	 * Return the statements that give the role of the application its rights and no
	 * others. Nothing is created or changed.
	 * @param connected whether the database is asked which are missing; otherwise all are
	 * returned, for the names that the settings have
	 * @return the statements, or {@code null} on another database than PostgreSQL
	 * @throws LockkeeperException when a setting is missing, or the database does not
	 * answer or refuses
	 */
	default @Nullable List<String> findGrants(boolean connected) {
		return null;
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
	 * Return what a failure of this target means.
	 * @param failure what was thrown, by the engine or by the lock
	 * @return what it means, or {@code null} for an unforeseen failure, which is a bug of
	 * the user's code or of Lockkeeper
	 */
	@Nullable Diagnosis diagnose(Throwable failure);

}
