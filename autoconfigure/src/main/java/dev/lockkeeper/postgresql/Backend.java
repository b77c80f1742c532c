// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.OffsetDateTime;

import org.jspecify.annotations.Nullable;

/**
 * The server's side of one session. It can outlive the process that opened the session: a
 * backend goes on executing for a client that is gone until it next talks to it.
 *
 * @param pid its process identifier, which the operating system uses again
 * @param start when it started, which tells it from a later one of the same identifier;
 * {@code null} when the server did not say
 * @since 0.1.0
 */
public record Backend(int pid, @Nullable OffsetDateTime start) {

	// A session of another database is another session, whatever else may be seen of it
	private static final String LIVING = "SELECT backend_start, usename, current_user FROM pg_stat_activity "
			+ "WHERE pid = ? AND datname = current_database()";

	private static final String TERMINATE = "SELECT pg_terminate_backend(pid, ?) FROM pg_stat_activity "
			+ "WHERE pid = ? AND backend_start = ?";

	/**
	 * Return the backend of a connection.
	 * @param connection the connection
	 * @return its backend
	 * @throws SQLException when the server does not answer
	 */
	public static Backend of(Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement();
				ResultSet rows = statement.executeQuery("SELECT pg_backend_pid(), "
						+ "(SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid())")) {
			rows.next();
			return new Backend(rows.getInt(1), rows.getObject(2, OffsetDateTime.class));
		}
	}

	/**
	 * End this backend, and wait until it is gone.
	 * @param connection another connection to the same database
	 * @param patience how long to wait
	 * @return {@code null} when it is gone, else why it may still live
	 * @throws SQLException when the server does not answer
	 */
	public @Nullable Survival end(Connection connection, Duration patience) throws SQLException {
		try (PreparedStatement living = connection.prepareStatement(LIVING)) {
			living.setInt(1, this.pid);
			try (ResultSet rows = living.executeQuery()) {
				if (!rows.next()) {
					return null;
				}
				OffsetDateTime found = rows.getObject(1, OffsetDateTime.class);
				String owner = rows.getString(2);
				String role = rows.getString(3);
				if (found == null || this.start == null) {
					return new Survival(this.pid, owner, role, false);
				}
				if (!found.isEqual(this.start)) {
					return null;
				}
				return terminate(connection, patience, owner, role);
			}
		}
	}

	private @Nullable Survival terminate(Connection connection, Duration patience, @Nullable String owner, String role)
			throws SQLException {
		try (PreparedStatement terminate = connection.prepareStatement(TERMINATE)) {
			terminate.setLong(1, patience.toMillis());
			terminate.setInt(2, this.pid);
			terminate.setObject(3, this.start);
			try (ResultSet rows = terminate.executeQuery()) {
				return (!rows.next() || rows.getBoolean(1)) ? null : new Survival(this.pid, owner, role, true);
			}
		}
		catch (SQLException ex) {
			if (SqlStates.isPermission(ex.getSQLState())) {
				return new Survival(this.pid, owner, role, false);
			}
			throw ex;
		}
	}

	/**
	 * A backend that may still live.
	 *
	 * @param pid its process identifier
	 * @param owner the role that it is logged in as
	 * @param role the role that would end it
	 * @param permitted whether that role may see and end it
	 */
	public record Survival(int pid, @Nullable String owner, String role, boolean permitted) {
	}

}
