// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.engine;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

import dev.lockkeeper.database.ConnectedDatabase;
import dev.lockkeeper.postgresql.SqlStates;
import dev.lockkeeper.schema.HistoryMark;

/**
 * Reads what is cheap to read of a history that is a table with a number in each row.
 *
 * @since 0.1.0
 */
public final class HistoryMarks {

	private HistoryMarks() {
	}

	/**
	 * Read the mark.
	 * @param connection a connection to the database
	 * @param history the qualified name of the history
	 * @param number the column of the numbers, as SQL writes it
	 * @param time the column of the times
	 * @param columns all columns that an inspection reads
	 * @return the mark, which knows of no run; that of an empty history when the table is
	 * missing
	 * @throws SQLException when it cannot be read
	 */
	public static HistoryMark read(Connection connection, String history, String number, String time,
			List<String> columns) throws SQLException {
		String digest = ConnectedDatabase.of(connection).digestOf(columns);
		try (Statement statement = connection.createStatement();
				ResultSet result = statement.executeQuery("SELECT COUNT(*), MAX(%s), %s FROM %s".formatted(number,
						(digest != null) ? digest : "MAX(%s)".formatted(time), history))) {
			result.next();
			return new HistoryMark(result.getLong(1), result.getLong(2), result.getString(3), null);
		}
		catch (SQLException ex) {
			if (!SqlStates.isUndefinedTable(SqlStates.of(ex))) {
				throw ex;
			}
			return new HistoryMark(0, 0, null, null);
		}
	}

}
