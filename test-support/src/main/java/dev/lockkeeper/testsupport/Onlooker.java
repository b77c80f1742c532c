// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.testsupport;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/**
 * Observes a database from one session, since a session costs more than a query in it.
 * Used by one thread at a time.
 */
public final class Onlooker implements AutoCloseable {

	private static final Duration SESSIONS_END = Duration.ofMinutes(2);

	private final Connection connection;

	/**
	 * Open a session.
	 * @param database the database
	 */
	public Onlooker(TestDatabase database) {
		try {
			this.connection = database.open();
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Query one column.
	 * @param sql the query
	 * @return the values of the first column, as text
	 */
	public List<String> query(String sql) {
		try (Statement statement = this.connection.createStatement(); ResultSet rows = statement.executeQuery(sql)) {
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
	 * Execute a statement.
	 * @param sql the statement
	 */
	public void execute(String sql) {
		try (Statement statement = this.connection.createStatement()) {
			statement.execute(sql);
		}
		catch (SQLException ex) {
			throw new IllegalStateException(sql, ex);
		}
	}

	/**
	 * Return whether a table exists.
	 * @param table its name
	 * @return whether it does, in whatever schema
	 */
	public boolean exists(String table) {
		return !query("SELECT 1 FROM pg_tables WHERE tablename = '%s'".formatted(table)).isEmpty();
	}

	/**
	 * Wait until no other session is there.
	 * @return the sessions that remain after a while, as a rule none
	 */
	public List<String> awaitNoSessions() {
		try {
			Awaitility.await()
				.atMost(SESSIONS_END)
				.pollDelay(Duration.ZERO)
				.pollInterval(Duration.ofMillis(5))
				.until(() -> sessions().isEmpty());
			return List.of();
		}
		catch (ConditionTimeoutException ex) {
			return sessions();
		}
	}

	private List<String> sessions() {
		return query("SELECT concat_ws(' ', pid, application_name, state, query) FROM pg_stat_activity "
				+ "WHERE datname = current_database() AND pid <> pg_backend_pid()");
	}

	@Override
	public void close() {
		try {
			this.connection.close();
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
