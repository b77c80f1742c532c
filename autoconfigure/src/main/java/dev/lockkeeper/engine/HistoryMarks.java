// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.engine;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

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
	 * @return the mark, which knows of no run; that of an empty history when the table is
	 * missing
	 * @throws SQLException when it cannot be read
	 */
	public static HistoryMark read(Connection connection, String history, String number) throws SQLException {
		try (Statement statement = connection.createStatement();
				ResultSet result = statement
					.executeQuery("SELECT COUNT(*), MAX(%s) FROM %s".formatted(number, history))) {
			result.next();
			return new HistoryMark(result.getLong(1), result.getLong(2), null);
		}
		catch (SQLException ex) {
			if (!SqlStates.isUndefinedTable(SqlStates.of(ex))) {
				throw ex;
			}
			return new HistoryMark(0, 0, null);
		}
	}

}
