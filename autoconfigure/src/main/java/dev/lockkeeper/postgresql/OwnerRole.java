// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

import org.postgresql.PGConnection;

/**
 * The role that owns what a migration creates. A login takes it on in its session, and is
 * its member.
 *
 * @param name the name as the catalog has it
 * @since 0.1.0
 */
public record OwnerRole(String name) {

	private static final String TAKE_ON = "SELECT set_config('role', ?, false)";

	// Of a backend that a pooler shares, the next client would have the role
	private static final String TAKE_ON_UNRELAYED = "SELECT CASE WHEN pg_backend_pid() = ? "
			+ "THEN set_config('role', ?, false) END";

	private static final String LOGIN = "SELECT quote_ident(session_user), "
			+ "current_setting('server_version_num')::int >= 160000 "
			+ "AND pg_has_role(session_user, (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = ?), 'MEMBER')";

	/**
	 * Take the role on for the session.
	 * @param connection a connection to PostgreSQL in auto-commit mode
	 * @throws SQLException when the server refuses
	 */
	public void takeOn(Connection connection) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(TAKE_ON)) {
			statement.setString(1, this.name);
			statement.executeQuery().close();
		}
	}

	/**
	 * Take the role on for the session, unless something other than the server answers
	 * the connection, as a pooler does.
	 * @param connection a connection to PostgreSQL in auto-commit mode
	 * @throws SQLException when the server refuses
	 */
	public void takeOnUnlessRelayed(Connection connection) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(TAKE_ON_UNRELAYED)) {
			statement.setInt(1, connection.unwrap(PGConnection.class).getBackendPID());
			statement.setString(2, this.name);
			statement.executeQuery().close();
		}
	}

	/**
	 * Return the statement that lets a login take the role on.
	 * @param connection a connection of that login, in auto-commit mode
	 * @return the statement
	 * @throws SQLException when the server does not answer
	 */
	public String toPermit(Connection connection) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(LOGIN)) {
			statement.setString(1, this.name);
			try (ResultSet rows = statement.executeQuery()) {
				rows.next();
				return "GRANT %s TO %s%s".formatted(SqlText.identifier(this.name), rows.getString(1),
						rows.getBoolean(2) ? " WITH SET TRUE" : "");
			}
		}
	}

	/**
	 * Return the statement that creates the role.
	 * @return the statement
	 */
	public String toCreate() {
		return "CREATE ROLE %s NOLOGIN".formatted(SqlText.identifier(this.name));
	}

	/**
	 * Return whether a failure to take the role on is that it does not exist.
	 * @param failure what the server has answered
	 * @return whether it is
	 */
	public static boolean isMissing(SQLException failure) {
		return "22023".equals(failure.getSQLState());
	}

}
