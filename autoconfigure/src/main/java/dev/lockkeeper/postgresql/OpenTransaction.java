// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.sql.Connection;
import java.sql.PreparedStatement;
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

	private static final String LOCALS = "SELECT current_setting('role'), current_setting('search_path')";

	private static final String RESTORE = "SELECT set_config('role', ?, true), set_config('search_path', ?, true)";

	private OpenTransaction() {
	}

	/**
	 * Return whether a transaction is open on the server. Asks nothing: the server says
	 * so with each of its answers.
	 * @param connection a connection to PostgreSQL
	 * @return whether a transaction is open, a failed one included
	 * @throws SQLException when it is no connection to PostgreSQL
	 */
	public static boolean exists(Connection connection) throws SQLException {
		return connection.unwrap(BaseConnection.class).getTransactionState() != TransactionState.IDLE;
	}

	/**
	 * Return whether a transaction has failed, so that its commit would roll it back.
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
	 * @throws SQLException when a deferred constraint is violated
	 */
	public static void checkConstraints(Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.execute("SET CONSTRAINTS ALL IMMEDIATE");
		}
	}

	/**
	 * Take on a role until the transaction ends.
	 * @param connection a connection to PostgreSQL
	 * @param role the role; {@code none} for that of the session
	 * @throws SQLException when the server refuses
	 */
	public static void takeRole(Connection connection, String role) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement("SELECT set_config('role', ?, true)")) {
			statement.setString(1, role);
			statement.execute();
		}
	}

	/**
	 * What a transaction may change for itself alone, and what the next statement of
	 * somebody else would stumble over.
	 *
	 * @param role the role; {@code none} for that of the session
	 * @param searchPath where unqualified names are looked for
	 */
	public record Locals(String role, String searchPath) {

		/**
		 * Read what holds now.
		 * @param connection a connection to PostgreSQL
		 * @return what holds
		 * @throws SQLException when the server does not answer
		 */
		public static Locals read(Connection connection) throws SQLException {
			try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(LOCALS)) {
				rows.next();
				return new Locals(rows.getString(1), rows.getString(2));
			}
		}

		/**
		 * Let it hold until the transaction ends. What was set for the whole session
		 * holds again after that.
		 * @param connection a connection to PostgreSQL
		 * @throws SQLException when the server refuses
		 */
		public void restore(Connection connection) throws SQLException {
			try (PreparedStatement statement = connection.prepareStatement(RESTORE)) {
				statement.setString(1, this.role);
				statement.setString(2, this.searchPath);
				statement.execute();
			}
		}

	}

}
