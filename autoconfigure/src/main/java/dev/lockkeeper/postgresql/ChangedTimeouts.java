// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * The timeouts of a session that were changed for what it executes outside of a
 * transaction, with what held before.
 *
 * @param lock how long a statement waited for a lock before; {@code null} when that was
 * not changed
 * @param statement how long a statement might take before; likewise
 * @since 0.1.0
 */
public record ChangedTimeouts(@Nullable String lock, @Nullable String statement) {

	private static final String LOCK = "lock_timeout";

	private static final String STATEMENT = "statement_timeout";

	private static final String CHANGE = "SELECT s.before, set_config(?, ?, false) "
			+ "FROM (SELECT current_setting(?) AS before OFFSET 0) s";

	/**
	 * Change the timeouts of a session.
	 * @param connection a connection to PostgreSQL in auto-commit mode
	 * @param lock how long its statements wait for a lock, zero for as long as it takes;
	 * {@code null} to leave that
	 * @param statement how long they may take; likewise
	 * @return what held before
	 * @throws SQLException when the server refuses
	 */
	public static ChangedTimeouts change(Connection connection, @Nullable Duration lock, @Nullable Duration statement)
			throws SQLException {
		return new ChangedTimeouts((lock != null) ? change(connection, LOCK, Long.toString(lock.toMillis())) : null,
				(statement != null) ? change(connection, STATEMENT, Long.toString(statement.toMillis())) : null);
	}

	/**
	 * Let the statements of a session wait for locks as long as it takes.
	 * @param connection a connection to PostgreSQL in auto-commit mode
	 * @return what held before
	 * @throws SQLException when the server refuses
	 */
	public static ChangedTimeouts waitForLocks(Connection connection) throws SQLException {
		return change(connection, Duration.ZERO, null);
	}

	/**
	 * Let hold again what held before.
	 * @param connection the connection, in auto-commit mode
	 * @throws SQLException when the server refuses
	 */
	public void restore(Connection connection) throws SQLException {
		if (this.statement != null) {
			change(connection, STATEMENT, this.statement);
		}
		if (this.lock != null) {
			change(connection, LOCK, this.lock);
		}
	}

	private static String change(Connection connection, String setting, String value) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(CHANGE)) {
			statement.setString(1, setting);
			statement.setString(2, value);
			statement.setString(3, setting);
			try (ResultSet rows = statement.executeQuery()) {
				rows.next();
				return rows.getString(1);
			}
		}
	}

}
