// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.testsupport;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

import org.postgresql.PGConnection;

/**
 * A session beside a migration, with an open transaction that keeps its snapshot and its
 * locks.
 */
public final class OtherSession implements AutoCloseable {

	private final Connection connection;

	private OtherSession(Connection connection) {
		this.connection = connection;
	}

	/**
	 * Begin a transaction.
	 * @param database the database
	 * @param application the name that the session gives itself
	 * @param statements what is executed in the transaction
	 * @return the session
	 */
	public static OtherSession begin(TestDatabase database, String application, String... statements) {
		try {
			Connection connection = database.open();
			connection.setClientInfo("ApplicationName", application);
			connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
			connection.setAutoCommit(false);
			OtherSession session = new OtherSession(connection);
			for (String statement : statements) {
				session.execute(statement);
			}
			return session;
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Execute a statement in the transaction.
	 * @param sql the statement
	 */
	public void execute(String sql) {
		act((open) -> {
			try (Statement statement = open.createStatement()) {
				statement.execute(sql);
			}
		});
	}

	/**
	 * Return the process identifier of the backend.
	 * @return the identifier
	 */
	public int getPid() {
		try {
			return this.connection.unwrap(PGConnection.class).getBackendPID();
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Commit the transaction.
	 */
	public void commit() {
		act(Connection::commit);
	}

	/**
	 * Roll the transaction back.
	 */
	public void release() {
		act(Connection::rollback);
	}

	@Override
	public void close() {
		act(Connection::close);
	}

	private void act(Action action) {
		try {
			action.on(this.connection);
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * What is done with the connection.
	 */
	@FunctionalInterface
	private interface Action {

		void on(Connection connection) throws SQLException;

	}

}
