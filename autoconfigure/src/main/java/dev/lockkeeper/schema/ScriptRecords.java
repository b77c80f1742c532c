// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * Remembers which scripts were executed beside the change sets. A record is one digest,
 * and no record is ever removed: code of any release finds its own.
 *
 * @since 0.1.0
 */
public interface ScriptRecords {

	/**
	 * Create the table of the records unless it is there. Several processes may do so at
	 * once.
	 * @param connection a connection in auto-commit mode
	 * @param table the qualified name of the table
	 * @param readableLike the table whose readers may read it
	 * @throws SQLException when it is not there and cannot be created
	 */
	void provide(Connection connection, String table, String readableLike) throws SQLException;

	/**
	 * Read all records.
	 * @param connection a connection to the database
	 * @param table the qualified name of the table
	 * @return the records, in the order of their execution; {@code null} when there is no
	 * table
	 * @throws SQLException when it cannot be read
	 */
	@Nullable List<ScriptRecord> read(Connection connection, String table) throws SQLException;

	/**
	 * Write a record. One of the same digest is replaced. The caller commits.
	 * @param connection a connection to the database
	 * @param table the qualified name of the table
	 * @param record the record; its number is 0 for one that becomes the last
	 * @throws SQLException when it cannot be written
	 */
	void write(Connection connection, String table, ScriptRecord record) throws SQLException;

}
