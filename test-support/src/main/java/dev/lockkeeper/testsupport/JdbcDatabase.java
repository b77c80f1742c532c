// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.testsupport;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * A database of any kind, by its URL.
 *
 * @param url the JDBC URL, credentials included
 */
public record JdbcDatabase(String url) {

	/**
	 * Open a connection.
	 * @return the connection
	 * @throws SQLException when there is none
	 */
	public Connection open() throws SQLException {
		return DriverManager.getConnection(this.url);
	}

	/**
	 * Execute statements.
	 * @param statements the statements
	 */
	public void execute(String... statements) {
		for (String sql : statements) {
			try (Connection connection = open(); Statement statement = connection.createStatement()) {
				statement.execute(sql);
			}
			catch (SQLException ex) {
				throw new IllegalStateException(sql, ex);
			}
		}
	}

	/**
	 * Query one column.
	 * @param sql the query
	 * @return the values of the first column, as text
	 */
	public List<String> query(String sql) {
		try (Connection connection = open();
				Statement statement = connection.createStatement();
				ResultSet rows = statement.executeQuery(sql)) {
			List<String> values = new ArrayList<>();
			while (rows.next()) {
				values.add(String.valueOf(rows.getString(1)));
			}
			return values;
		}
		catch (SQLException ex) {
			throw new IllegalStateException(sql, ex);
		}
	}

}
