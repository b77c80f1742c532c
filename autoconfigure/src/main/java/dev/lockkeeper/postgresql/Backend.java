// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.OffsetDateTime;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * The server's side of one session. It can outlive the process that opened the session: a
 * backend goes on executing for a client that is gone until it next talks to it. It is
 * found, and ended, with the rights of the login: a role that the session has taken on
 * since may not even see the session that it works in.
 *
 * @param pid its process identifier, which the operating system uses again
 * @param start when it started, which distinguishes it from a later one with the same
 * identifier; {@code null} when the server did not show it
 * @since 0.1.0
 */
public record Backend(int pid, @Nullable OffsetDateTime start) {

	private static final Log logger = LogFactory.getLog(Backend.class);

	// The argument comes from what sets the role, so that the role is set first; it
	// holds until the statement ends. No catalog is read: not every server lets every
	// role read it
	private static final String AS_LOGIN = "FROM (SELECT r.acting, set_config('role', 'none', true) AS role "
			+ "FROM (SELECT current_user AS acting OFFSET 0) r) login, "
			+ "LATERAL pg_stat_get_activity(CASE login.role WHEN 'none' THEN %s ELSE 0 END) a ";

	private static final String OWN = "SELECT a.pid, a.backend_start " + AS_LOGIN.formatted("pg_backend_pid()");

	private static final String PID = "SELECT pg_backend_pid(), NULL::timestamptz";

	// A session of another database is another session, whatever else may be seen of it
	private static final String OTHER = AS_LOGIN.formatted("?")
			+ "WHERE a.datid = (SELECT o.datid FROM pg_stat_get_activity(pg_backend_pid()) o)";

	private static final String LIVING = "SELECT a.backend_start, pg_get_userbyid(a.usesysid), a.usesysid, "
			+ "quote_ident(pg_get_userbyid(a.usesysid)), quote_ident(session_user), quote_ident(login.acting), "
			+ "has_function_privilege(login.acting, 'pg_catalog.pg_terminate_backend(integer, bigint)', 'EXECUTE') "
			+ OTHER;

	private static final String START = "SELECT a.backend_start " + OTHER;

	private static final String AT_WORK = "SELECT a.state = 'active' " + OTHER + " AND a.backend_start = ?";

	private static final String TERMINATE = "SELECT pg_terminate_backend(a.pid, ?) " + OTHER
			+ " AND a.backend_start = ?";

	private static final String SUPERUSER = "SELECT rolsuper FROM pg_roles WHERE oid = CAST(? AS oid)";

	/**
	 * Return the backend of a connection.
	 * @param connection the connection, in auto-commit mode
	 * @return its backend, without its start when the server does not show its sessions
	 * @throws SQLException when the server does not answer
	 */
	public static Backend of(Connection connection) throws SQLException {
		Backend shown = null;
		try {
			shown = read(connection, OWN);
		}
		catch (SQLException ex) {
			if (!SqlStates.isWithheld(ex.getSQLState()) || !connection.getAutoCommit()) {
				throw ex;
			}
			logger.debug("lockkeeper - the server does not show the start of a session", ex);
		}
		Backend backend = (shown != null) ? shown : read(connection, PID);
		if (backend == null) {
			throw new SQLException("The server does not say which backend a connection has");
		}
		return backend;
	}

	private static @Nullable Backend read(Connection connection, String sql) throws SQLException {
		try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(sql)) {
			return rows.next() ? new Backend(rows.getInt(1), rows.getObject(2, OffsetDateTime.class)) : null;
		}
	}

	/**
	 * Return whether this backend executes a statement.
	 * @param connection another connection to the same database, in auto-commit mode
	 * @return whether it is seen to do so; not when it is gone, or is not shown
	 * @throws SQLException when the server does not answer
	 */
	public boolean isAtWork(Connection connection) throws SQLException {
		try (PreparedStatement atWork = connection.prepareStatement(AT_WORK)) {
			atWork.setInt(1, this.pid);
			atWork.setObject(2, this.start);
			try (ResultSet rows = atWork.executeQuery()) {
				return rows.next() && rows.getBoolean(1);
			}
		}
	}

	/**
	 * Return whether this backend is proved to be gone. A standby does not show the
	 * sessions of its primary.
	 * @param connection another connection to the same database, in auto-commit mode
	 * @return whether it is; not when it does not show its start
	 * @throws SQLException when the server does not answer
	 */
	public boolean isGone(Connection connection) throws SQLException {
		try (PreparedStatement seen = connection.prepareStatement(START)) {
			seen.setInt(1, this.pid);
			try (ResultSet rows = seen.executeQuery()) {
				if (!rows.next()) {
					return true;
				}
				OffsetDateTime found = rows.getObject(1, OffsetDateTime.class);
				return found != null && this.start != null && !found.isEqual(this.start);
			}
		}
		catch (SQLException ex) {
			if (!SqlStates.isWithheld(ex.getSQLState())) {
				throw ex;
			}
			logger.debug("lockkeeper - the server does not show its sessions", ex);
			return false;
		}
	}

	/**
	 * End this backend, and wait until it is gone.
	 * @param connection another connection to the same database, in auto-commit mode
	 * @param timeout the longest time to wait
	 * @return {@code null} when it is gone, else why it may still live
	 * @throws SQLException when the server does not answer
	 */
	public @Nullable Survival end(Connection connection, Duration timeout) throws SQLException {
		try (PreparedStatement living = connection.prepareStatement(LIVING)) {
			living.setInt(1, this.pid);
			try (ResultSet rows = living.executeQuery()) {
				return rows.next() ? end(connection, found(connection, rows), timeout) : null;
			}
		}
		catch (SQLException ex) {
			if (SqlStates.isPermission(ex.getSQLState())) {
				return new Survival(this.pid, "whose login is not shown",
						"Let this role see sessions: GRANT EXECUTE ON "
								+ "FUNCTION pg_catalog.pg_stat_get_activity(integer) TO %s."
									.formatted(acting(connection)));
			}
			throw ex;
		}
	}

	private static String acting(Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement();
				ResultSet rows = statement.executeQuery("SELECT quote_ident(current_user)")) {
			rows.next();
			return rows.getString(1);
		}
	}

	private static Found found(Connection connection, ResultSet rows) throws SQLException {
		long login = rows.getLong(3);
		boolean dropped = "unknown (OID=%d)".formatted(login).equals(rows.getString(2));
		return new Found(rows.getObject(1, OffsetDateTime.class), dropped ? null : rows.getString(4),
				isSuperuser(connection, login), rows.getString(5), rows.getString(6), rows.getBoolean(7));
	}

	// It only makes the advice better
	private static boolean isSuperuser(Connection connection, long login) {
		try (PreparedStatement statement = connection.prepareStatement(SUPERUSER)) {
			statement.setLong(1, login);
			try (ResultSet rows = statement.executeQuery()) {
				return rows.next() && rows.getBoolean(1);
			}
		}
		catch (SQLException ex) {
			logger.debug("lockkeeper - the server does not show its roles", ex);
			return false;
		}
	}

	private @Nullable Survival end(Connection connection, Found found, Duration timeout) throws SQLException {
		if (found.start() == null) {
			return found.survive(this.pid, found.rightToSee());
		}
		if (this.start == null) {
			return found.survive(this.pid, "Nothing shows whether it is that one: see it in pg_stat_activity.");
		}
		if (!found.start().isEqual(this.start)) {
			return null;
		}
		return terminate(connection, found, timeout);
	}

	private @Nullable Survival terminate(Connection connection, Found found, Duration timeout) throws SQLException {
		try (PreparedStatement terminate = connection.prepareStatement(TERMINATE)) {
			terminate.setLong(1, timeout.toMillis());
			terminate.setInt(2, this.pid);
			terminate.setObject(3, this.start);
			try (ResultSet rows = terminate.executeQuery()) {
				return (!rows.next() || rows.getBoolean(1)) ? null : found.survive(this.pid, null);
			}
		}
		catch (SQLException ex) {
			if (SqlStates.isPermission(ex.getSQLState())) {
				return found.survive(this.pid, found.rightToEnd());
			}
			if (SqlStates.isCancelled(ex.getSQLState())) {
				// A timeout of the role is shorter than this one
				return found.survive(this.pid, null);
			}
			throw ex;
		}
	}

	/**
	 * A backend that may still live.
	 *
	 * @param pid its process identifier
	 * @param owner the login that it belongs to, for people to read
	 * @param missing what keeps this login from ending it, and what to grant;
	 * {@code null} when the server has signalled it to end
	 */
	public record Survival(int pid, String owner, @Nullable String missing) {
	}

	/**
	 * What the server shows of a session. Names are quoted where SQL wants it.
	 *
	 * @param start when it started; {@code null} when this login may not see that
	 * @param owner the login that it belongs to; {@code null} when that was dropped
	 * @param superuser whether that login is a superuser
	 * @param login the login of the session that has read this
	 * @param acting the role that it has taken on
	 * @param terminates whether that role may call the function that ends a session
	 */
	private record Found(@Nullable OffsetDateTime start, @Nullable String owner, boolean superuser, String login,
			String acting, boolean terminates) {

		Survival survive(int pid, @Nullable String missing) {
			return new Survival(pid, (this.owner != null) ? "login " + this.owner : "a login that was dropped",
					missing);
		}

		String rightToSee() {
			String right = rightOfLogin();
			return this.terminates ? right : right + " " + rightToCall();
		}

		String rightToEnd() {
			return this.terminates ? rightOfLogin() : rightToCall();
		}

		private String rightOfLogin() {
			String everybody = "GRANT pg_read_all_stats, pg_signal_backend TO %s.".formatted(this.login);
			if (this.superuser) {
				return "Only a superuser may end a session of %s.".formatted(this.owner);
			}
			return (this.owner != null)
					? "Let this login end it: GRANT %s TO %s, or %s".formatted(this.owner, this.login, everybody)
					: "Let this login end it: " + everybody;
		}

		private String rightToCall() {
			return "Let this role end sessions: GRANT EXECUTE ON FUNCTION pg_catalog.pg_terminate_backend(integer, bigint) TO %s."
				.formatted(this.acting);
		}

	}

}
