// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.testsupport;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.awaitility.Awaitility;

/**
 * A database of a test's own.
 */
public final class TestDatabase {

	private final TestPostgres server;

	private final String name;

	private final String url;

	TestDatabase(TestPostgres server, String name, String url) {
		this.server = server;
		this.name = name;
		this.url = url;
	}

	/**
	 * Return the server.
	 * @return the server
	 */
	public TestPostgres getServer() {
		return this.server;
	}

	/**
	 * Return the name.
	 * @return the name
	 */
	public String getName() {
		return this.name;
	}

	/**
	 * Return the JDBC URL, the superuser's credentials included.
	 * @return the URL
	 */
	public String getUrl() {
		return this.url;
	}

	/**
	 * Return the JDBC URL without credentials.
	 * @return the URL
	 */
	public String getPlainUrl() {
		int query = this.url.indexOf('?');
		return (query < 0) ? this.url : this.url.substring(0, query);
	}

	/**
	 * Open a connection as the superuser.
	 * @return the connection
	 * @throws SQLException when there is none
	 */
	public Connection open() throws SQLException {
		return DriverManager.getConnection(this.url);
	}

	/**
	 * Execute statements as the superuser. What one of them sets in its session does not
	 * reach the next one.
	 * @param statements the statements
	 */
	public void execute(String... statements) {
		String current = "";
		try (Connection connection = open(); Statement statement = connection.createStatement()) {
			for (String sql : statements) {
				if (!current.isEmpty()) {
					// A connection of its own for each would cost more
					statement.execute("DISCARD ALL");
				}
				current = sql;
				statement.execute(sql);
			}
		}
		catch (SQLException ex) {
			throw new IllegalStateException(current, ex);
		}
	}

	/**
	 * Query one column as the superuser.
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

	/**
	 * Drop it, and end the sessions that remain in it.
	 */
	public void drop() {
		this.server.execute("DROP DATABASE %s WITH (FORCE)".formatted(this.name));
	}

	/**
	 * Wait until no other session is left in this database: the server ends one some
	 * moments after its client has gone.
	 */
	public void awaitNoSessions() {
		Awaitility.await("no session remains").atMost(Duration.ofMinutes(5)).until(() -> sessions().isEmpty());
	}

	/**
	 * Return the sessions that other processes have in this database.
	 * @return the application names
	 */
	public List<String> sessions() {
		return query("SELECT application_name FROM pg_stat_activity WHERE datname = current_database() "
				+ "AND pid <> pg_backend_pid()");
	}

}
