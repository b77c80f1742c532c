// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;

/**
 * Reads who holds the lock of a schema.
 *
 * @since 0.1.0
 */
@FunctionalInterface
public interface LockReader {

	/**
	 * Read the holder.
	 * @param connection an open connection, which stays open
	 * @param table the qualified name of the lock table
	 * @param lock the name of the lock
	 * @return the holder, or empty when the lock is free
	 * @throws SQLException when the table is not there or may not be read
	 */
	Optional<LockHolder> read(Connection connection, String table, String lock) throws SQLException;

	/**
	 * Read what the session does that works for the holder.
	 * @param connection an open connection, which stays open
	 * @param table the qualified name of the lock table
	 * @param lock the name of the lock
	 * @return what the database shows of it
	 * @throws SQLException when the table is not there or may not be read
	 */
	default RunActivity readActivity(Connection connection, String table, String lock) throws SQLException {
		return RunActivity.UNKNOWN;
	}

}
