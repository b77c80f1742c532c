// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;

/**
 * Remembers in the database which levels a schema has reached, so that a process which
 * starts again can distinguish what newer code has replaced from what is still missing.
 *
 * @since 0.1.0
 */
public interface LevelMemory {

	/**
	 * Return whether a level has been reached before.
	 * @param connection a connection in auto-commit mode
	 * @param table the qualified name of the table of levels; it need not exist
	 * @param level the level
	 * @return whether it is remembered
	 * @throws SQLException when the table may not be read
	 */
	boolean isReached(Connection connection, String table, SchemaLevel level) throws SQLException;

	/**
	 * Remember that a level has been reached. The table is created when it is missing,
	 * readable for the roles that may read the history; several processes may do so at
	 * once.
	 * @param connection a connection in auto-commit mode
	 * @param table the qualified name of the table of levels
	 * @param level the level
	 * @param reachedAt when it was reached
	 * @throws SQLException when it cannot be written
	 */
	void remember(Connection connection, String table, SchemaLevel level, Instant reachedAt) throws SQLException;

}
