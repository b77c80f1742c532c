// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.engine;

import java.sql.Connection;
import java.sql.SQLException;

import dev.lockkeeper.migration.ReleasableLock;
import dev.lockkeeper.schema.LockHolder;
import org.jspecify.annotations.Nullable;

/**
 * An {@link Engine} that keeps a lock of its own in the database. A governed run holds it
 * in addition to the lease, so that a process that is not governed waits.
 *
 * @since 0.1.0
 */
public interface LockingEngine {

	/**
	 * Read the holder of the lock. The schema has been compared before.
	 * @param connection a connection to the database, in auto-commit mode
	 * @return the lock, or {@code null} when it is free
	 * @throws SQLException when it cannot be read
	 */
	@Nullable HeldLock findLock(Connection connection) throws SQLException;

	/**
	 * Release the lock, if it is held for a governed run. A lock whose table is gone
	 * counts as released.
	 * @param connection a connection to the database, in auto-commit mode
	 * @param run the holder of the lease under which the run has taken the lock
	 * @throws SQLException when it cannot be released
	 */
	void releaseLock(Connection connection, String run) throws SQLException;

	/**
	 * Return what releases the lock in place of its holder. The schema has been compared
	 * before.
	 * @return what releases it
	 */
	ReleasableLock getReleasableLock();

	/**
	 * The lock while it is held.
	 *
	 * @param holder the holder, or {@code null} when the lock names none
	 * @param run the holder of the lease under which a governed run has taken it;
	 * {@code null} when a process holds it that is not governed
	 */
	record HeldLock(@Nullable LockHolder holder, @Nullable String run) {
	}

}
