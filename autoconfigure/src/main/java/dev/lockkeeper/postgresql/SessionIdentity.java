// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * The rights with which a session works, and the path on which the server searches for
 * unqualified names. A change set may change both, for its transaction or for the
 * session.
 *
 * @param user the user of the session
 * @param role the role that it has taken on; {@code none} for that of the user
 * @param searchPath where the server searches for unqualified names
 * @since 0.1.0
 */
public record SessionIdentity(String user, String role, String searchPath) {

	private static final String READ = "SELECT current_setting('session_authorization'), current_setting('role'), "
			+ "current_setting('search_path')";

	// To set the user resets the role, so it is set only when it differs
	private static final String TAKE_ON = "SELECT CASE WHEN current_setting('session_authorization') <> ? "
			+ "THEN set_config('session_authorization', ?, true) END, CASE WHEN current_setting('role') <> ? "
			+ "THEN set_config('role', ?, true) END, set_config('search_path', ?, true), "
			+ "current_setting('transaction_read_only')";

	/**
	 * Read the identity that a session has now.
	 * @param connection a connection to PostgreSQL
	 * @return the identity
	 * @throws SQLException when the server does not answer
	 */
	public static SessionIdentity read(Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(READ)) {
			rows.next();
			return new SessionIdentity(rows.getString(1), rows.getString(2), rows.getString(3));
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
	 * Take this identity on until the transaction ends. What was set for the session
	 * holds again after that.
	 * @param connection a connection to PostgreSQL, in a transaction
	 * @return whether the transaction may write
	 * @throws SQLException when the server refuses
	 */
	public boolean takeOn(Connection connection) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(TAKE_ON)) {
			statement.setString(1, this.user);
			statement.setString(2, this.user);
			statement.setString(3, this.role);
			statement.setString(4, this.role);
			statement.setString(5, this.searchPath);
			try (ResultSet rows = statement.executeQuery()) {
				rows.next();
				return rows.getString(4).equals("off");
			}
		}
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
