// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

import org.postgresql.core.BaseConnection;
import org.postgresql.core.TransactionState;

/**
 * The transaction of a connection, as the server sees it.
 *
 * @since 0.1.0
 */
public final class OpenTransaction {

	private OpenTransaction() {
	}

	/**
	 * Return whether a transaction is open on the server. Sends nothing to the server,
	 * which reports it with each of its answers.
	 * @param connection a connection to PostgreSQL
	 * @return whether a transaction is open, a failed one included
	 * @throws SQLException when it is no connection to PostgreSQL
	 */
	public static boolean exists(Connection connection) throws SQLException {
		return connection.unwrap(BaseConnection.class).getTransactionState() != TransactionState.IDLE;
	}

	/**
	 * Return whether the transaction has failed, so that its commit would roll it back.
	 * @param connection a connection to PostgreSQL
	 * @return whether it has failed
	 * @throws SQLException when it is no connection to PostgreSQL
	 */
	public static boolean hasFailed(Connection connection) throws SQLException {
		return connection.unwrap(BaseConnection.class).getTransactionState() == TransactionState.FAILED;
	}

	/**
	 * Check now what the end of the transaction would check.
	 * @param connection a connection to PostgreSQL
	 * @param then statements that are executed after that, in the same round trip; empty
	 * for none
	 * @return whether the transaction may write
	 * @throws SQLException when a deferred constraint is violated
	 */
	public static boolean checkConstraints(Connection connection, String then) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.execute("SET CONSTRAINTS ALL IMMEDIATE; SHOW transaction_read_only; " + then);
			statement.getMoreResults();
			return isOff(statement.getResultSet());
		}
	}

	/**
	 * Return whether the transaction may only read. Takes no snapshot.
	 * @param connection a connection to PostgreSQL
	 * @return whether it is read-only
	 * @throws SQLException when the server does not answer
	 */
	public static boolean isReadOnly(Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement();
				ResultSet rows = statement.executeQuery("SHOW transaction_read_only")) {
			return !isOff(rows);
		}
	}

	private static boolean isOff(ResultSet rows) throws SQLException {
		rows.next();
		return rows.getString(1).equals("off");
	}

	/**
	 * Return whether the transaction has written, or locked a row: a read-only one may
	 * have done so before it became read-only.
	 * @param connection a connection to PostgreSQL
	 * @return whether it has
	 * @throws SQLException when the server does not answer
	 */
	public static boolean hasWritten(Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement();
				ResultSet rows = statement.executeQuery("SELECT pg_current_xact_id_if_assigned() IS NOT NULL")) {
			rows.next();
			return rows.getBoolean(1);
		}
	}

	/**
	 * Return whether each statement of the transaction sees what others have committed
	 * before it. From REPEATABLE READ on the whole transaction sees what its first
	 * statement saw.
	 * @param connection a connection to PostgreSQL
	 * @return whether it does
	 * @throws SQLException when the server does not answer
	 */
	public static boolean seesCommits(Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement();
				ResultSet rows = statement.executeQuery("SHOW transaction_isolation")) {
			rows.next();
			return rows.getString(1).startsWith("read ");
		}
	}

}
