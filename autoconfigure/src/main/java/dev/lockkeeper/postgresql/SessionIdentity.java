// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.temporal.ChronoUnit;

import org.springframework.boot.convert.DurationStyle;

/**
 * The rights with which a session works, the path on which the server searches for
 * unqualified names, and the time that its statements may take and wait. A change set may
 * change each of them, for its transaction or for the session.
 *
 * @param user the user of the session
 * @param role the role that it has taken on; {@code none} for that of the user
 * @param searchPath where the server searches for unqualified names
 * @param lockTimeout how long a statement waits for a lock
 * @param statementTimeout how long a statement may take
 * @param kept whether each change set begins with this role, whatever the one before has
 * set for the session
 * @since 0.1.0
 */
public record SessionIdentity(String user, String role, String searchPath, String lockTimeout, String statementTimeout,
		boolean kept) {

	private static final String READ = "SELECT current_setting('session_authorization'), current_setting('role'), "
			+ "current_setting('search_path'), current_setting('lock_timeout'), current_setting('statement_timeout')";

	// To set the user resets the role, so it is set only when it differs
	private static final String TAKE_ON = "SELECT CASE WHEN current_setting('session_authorization') <> ? "
			+ "THEN set_config('session_authorization', ?, true) END, CASE WHEN current_setting('role') <> ? "
			+ "THEN set_config('role', ?, true) END, set_config('search_path', ?, true), "
			+ "current_setting('transaction_read_only'), set_config('lock_timeout', ?, true), "
			+ "set_config('statement_timeout', ?, true)";

	private static final String KEEP_ROLE = ", set_config('role', ?, false)";

	/**
	 * Read the identity that a session has now.
	 * @param connection a connection to PostgreSQL
	 * @param kept whether each change set is to begin with the role of this identity
	 * @return the identity
	 * @throws SQLException when the server does not answer
	 */
	public static SessionIdentity read(Connection connection, boolean kept) throws SQLException {
		try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(READ)) {
			rows.next();
			return new SessionIdentity(rows.getString(1), rows.getString(2), rows.getString(3), rows.getString(4),
					rows.getString(5), kept);
		}
	}

	/**
	 * Return the role under which a session works now.
	 * @param connection a connection to PostgreSQL
	 * @return the role, as SQL writes it
	 * @throws SQLException when the server does not answer
	 */
	public static String acting(Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement();
				ResultSet rows = statement.executeQuery("SELECT quote_ident(current_user)")) {
			rows.next();
			return rows.getString(1);
		}
	}

	/**
	 * Return the login of a session.
	 * @param connection a connection to PostgreSQL
	 * @return its name as the catalog has it
	 * @throws SQLException when the server does not answer
	 */
	public static String login(Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement();
				ResultSet rows = statement.executeQuery("SELECT session_user")) {
			rows.next();
			return rows.getString(1);
		}
	}

	/**
	 * Take this identity on until the transaction ends. What was set for the session
	 * holds again after that.
	 * @param connection a connection to PostgreSQL, in a transaction
	 * @return whether the transaction may write
	 * @throws SQLException when the server refuses
	 */
	public boolean takeOn(Connection connection) throws SQLException {
		return takeOn(connection, false);
	}

	/**
	 * Take this identity on for the record of a change set. A role that is kept holds
	 * from then on for the session, unless the transaction is rolled back: the change set
	 * is over.
	 * @param connection a connection to PostgreSQL, in a transaction
	 * @return whether the transaction may write
	 * @throws SQLException when the server refuses
	 */
	public boolean takeOnForRecord(Connection connection) throws SQLException {
		return takeOn(connection, this.kept);
	}

	private boolean takeOn(Connection connection, boolean forSession) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(forSession ? TAKE_ON + KEEP_ROLE : TAKE_ON)) {
			statement.setString(1, this.user);
			statement.setString(2, this.user);
			statement.setString(3, this.role);
			statement.setString(4, this.role);
			statement.setString(5, this.searchPath);
			statement.setString(6, this.lockTimeout);
			statement.setString(7, this.statementTimeout);
			if (forSession) {
				statement.setString(8, this.role);
			}
			try (ResultSet rows = statement.executeQuery()) {
				rows.next();
				return rows.getString(4).equals("off");
			}
		}
	}

	/**
	 * Return how long a statement waits for a lock.
	 * @return the time; zero for as long as it takes
	 */
	public Duration lockTimeoutAsDuration() {
		return DurationStyle.SIMPLE.parse(this.lockTimeout.replace("min", "m"), ChronoUnit.MILLIS);
	}

	/**
	 * Take the role on for the session.
	 * @param connection a connection to PostgreSQL in auto-commit mode
	 * @throws SQLException when the server refuses
	 */
	public void takeOnRole(Connection connection) throws SQLException {
		new OwnerRole(this.role).takeOn(connection);
	}

	/**
	 * Return whether a session works with the same rights.
	 * @param other what it works with
	 * @return whether user and role are the same
	 */
	public boolean hasRightsOf(SessionIdentity other) {
		return this.user.equals(other.user) && this.role.equals(other.role);
	}

}
