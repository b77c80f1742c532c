// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Properties;
import java.util.regex.Pattern;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

import org.springframework.util.ClassUtils;

/**
 * Sessions with a PostgreSQL server.
 *
 * @since 0.1.0
 */
public final class PostgreSql {

	private static final Log logger = LogFactory.getLog(PostgreSql.class);

	private static final boolean DRIVER_PRESENT = ClassUtils.isPresent("org.postgresql.PGConnection",
			PostgreSql.class.getClassLoader());

	private static final int ANSWER_SECONDS = 5;

	// A timeout of the URL or of an initial statement is meant for this very session
	private static final String LIFT_TIMEOUTS = "SELECT set_config(name, '0', false) FROM pg_settings WHERE name IN "
			+ "('statement_timeout', 'transaction_timeout', 'idle_in_transaction_session_timeout', "
			+ "'idle_session_timeout') AND setting <> '0' AND source NOT IN ('client', 'session')";

	private static final Pattern SETS_LOCK_TIMEOUT = Pattern
		.compile("(?is)(RE)?SET (SESSION |LOCAL )?lock_timeout\\b.*|.*\\bset_config ?\\( ?'lock_timeout'.*");

	private PostgreSql() {
	}

	/**
	 * Return whether a connection is one of PostgreSQL's own driver.
	 * @param connection the connection
	 * @return whether it is, wrapped or not
	 * @throws SQLException when the connection does not answer
	 */
	public static boolean isServing(Connection connection) throws SQLException {
		return DRIVER_PRESENT && connection.isWrapperFor(PGConnection.class);
	}

	/**
	 * Return whether a backend serves a connection, as far as the driver knows. Sends
	 * nothing to the server, so that another thread may use the connection meanwhile.
	 * @param connection a connection
	 * @param pid the process identifier of the backend
	 * @return whether that is the backend that the driver knows
	 */
	public static boolean isServedBy(Connection connection, int pid) {
		try {
			return isServing(connection) && connection.unwrap(PGConnection.class).getBackendPID() == pid;
		}
		catch (SQLException ex) {
			return false;
		}
	}

	/**
	 * Return whether the session of a connection is gone, or is one with a server that
	 * has become a standby. Waits five seconds at most for each of two answers.
	 * @param connection a connection to PostgreSQL
	 * @return whether nothing can be written in it any more
	 */
	public static boolean isLost(Connection connection) {
		try {
			if (connection.isClosed() || !connection.isValid(ANSWER_SECONDS)) {
				return true;
			}
			connection.setNetworkTimeout(Runnable::run, ANSWER_SECONDS * 1000);
			if (OpenTransaction.hasFailed(connection)) {
				connection.rollback();
			}
			try (Statement statement = connection.createStatement();
					ResultSet rows = statement.executeQuery("SELECT pg_is_in_recovery()")) {
				return rows.next() && rows.getBoolean(1);
			}
		}
		catch (SQLException ex) {
			return SqlStates.isConnectionLost(ex.getSQLState());
		}
	}

	/**
	 * Add to the properties of a connection what lets the operating system notice that
	 * the server is gone. What the user has set stays.
	 * @param url the URL of the connection, which may set it too and then prevails
	 * @param properties the properties; not changed
	 * @return the properties to connect with
	 */
	public static Properties keepAlive(@Nullable String url, @Nullable Properties properties) {
		Properties completed = new Properties();
		if (properties != null) {
			completed.putAll(properties);
		}
		if (url != null && url.startsWith("jdbc:postgresql:")) {
			completed.putIfAbsent("tcpKeepAlive", "true");
		}
		return completed;
	}

	/**
	 * Return whether a table exists, without a failure that would break the transaction.
	 * @param connection a connection to PostgreSQL
	 * @param table the qualified name
	 * @return whether it exists
	 * @throws SQLException when the server does not answer
	 */
	public static boolean hasTable(Connection connection, String table) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement("SELECT to_regclass(?) IS NOT NULL")) {
			statement.setString(1, table);
			try (ResultSet rows = statement.executeQuery()) {
				return rows.next() && rows.getBoolean(1);
			}
		}
	}

	/**
	 * Return whether there is a table that the session may read. Unlike an attempt that
	 * fails, the question leaves nothing in the log of the server.
	 * @param connection a connection to PostgreSQL
	 * @param table the qualified name
	 * @return whether it is there, and may be read
	 * @throws SQLException when the server does not answer
	 */
	public static boolean mayRead(Connection connection, String table) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(
				"SELECT has_table_privilege(oid, 'SELECT') AND has_schema_privilege(relnamespace, 'USAGE') "
						+ "FROM pg_class WHERE oid = to_regclass(?)")) {
			statement.setString(1, table);
			try (ResultSet rows = statement.executeQuery()) {
				return rows.next() && rows.getBoolean(1);
			}
		}
	}

	/**
	 * Let the driver prepare no statement under a name, as it does with one that is
	 * executed again and again. Behind a pooler its execution may reach another backend,
	 * which has no statement of that name, or has the one of another client.
	 * @param connection a connection to PostgreSQL
	 * @throws SQLException when the driver refuses
	 */
	public static void nameNoStatements(Connection connection) throws SQLException {
		connection.unwrap(PGConnection.class).setPrepareThreshold(0);
	}

	/**
	 * Set the timeout with which the statements of a session wait for a lock of another
	 * session.
	 * @param connection a connection to PostgreSQL in auto-commit mode
	 * @param timeout after which time
	 * @throws SQLException when the server refuses
	 */
	public static void limitLockWaits(Connection connection, Duration timeout) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.execute("SET lock_timeout = " + timeout.toMillis());
		}
	}

	/**
	 * Let the server cancel a statement of a session that takes too long.
	 * @param connection a connection to PostgreSQL in auto-commit mode
	 * @param timeout after which time
	 * @throws SQLException when the server refuses
	 */
	public static void limitStatements(Connection connection, Duration timeout) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.execute("SET statement_timeout = " + timeout.toMillis());
		}
	}

	/**
	 * Set the timeout with which the statements of a transaction wait for a lock of
	 * another session.
	 * @param connection a connection to PostgreSQL in a transaction
	 * @param timeout after which time
	 * @throws SQLException when the server refuses
	 */
	public static void limitLockWaitsOfTransaction(Connection connection, Duration timeout) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.execute("SET LOCAL lock_timeout = " + timeout.toMillis());
		}
	}

	/**
	 * Return whether a statement sets how long its session waits for locks, as far as its
	 * text shows.
	 * @param statement the statement, as {@link SqlText} has it
	 * @return whether it does
	 */
	public static boolean setsLockTimeout(String statement) {
		return SETS_LOCK_TIMEOUT.matcher(statement).matches();
	}

	/**
	 * Let a backend notice within seconds that its client is gone, although it is
	 * executing a long statement. Not every server supports that setting; then the next
	 * holder of the lock ends the backend all the same.
	 * @param connection a connection to PostgreSQL in auto-commit mode
	 */
	public static void noticeLostClient(Connection connection) {
		try (Statement statement = connection.createStatement()) {
			statement.execute("SET client_connection_check_interval = '2s'");
		}
		catch (SQLException ex) {
			logger.debug("lockkeeper - client_connection_check_interval could not be set", ex);
		}
	}

	/**
	 * Let the statements and the transactions of a session take as long as they take,
	 * although its role, its database or its server has timeouts: those are for sessions
	 * that serve. What the connection itself has set stays. Where the server refuses, its
	 * timeouts hold.
	 * @param connection a connection to PostgreSQL in auto-commit mode
	 */
	public static void liftTimeouts(Connection connection) {
		try (Statement statement = connection.createStatement()) {
			statement.execute(LIFT_TIMEOUTS);
		}
		catch (SQLException ex) {
			logger.debug("lockkeeper - the timeouts of the session could not be lifted", ex);
		}
	}

}
