// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.sql.Connection;
import java.sql.SQLException;

import dev.lockkeeper.postgresql.BriefTransactions;
import dev.lockkeeper.postgresql.PostgreSql;

/**
 * Lets Liquibase use a connection that can neither write nor stay in a transaction.
 */
final class ReadOnlyTransactions {

	private ReadOnlyTransactions() {
	}

	/**
	 * Do something in read-only transactions. The session itself does not become
	 * read-only: a driver may set that on the server, where it would stay for others when
	 * sessions are shared. On PostgreSQL no transaction stays open while Liquibase
	 * computes.
	 * @param connection a connection in auto-commit mode
	 */
	static <T> T during(Connection connection, Action<T> action) throws Exception {
		if (PostgreSql.isServing(connection)) {
			try (BriefTransactions transactions = BriefTransactions.begin(connection)) {
				return action.read(transactions.asConnection());
			}
		}
		connection.setAutoCommit(false);
		connection.setReadOnly(true);
		try {
			return action.read(connection);
		}
		finally {
			leave(connection);
		}
	}

	private static void leave(Connection connection) throws SQLException {
		if (!connection.isClosed()) {
			if (!connection.getAutoCommit()) {
				connection.rollback();
			}
			connection.setReadOnly(false);
			connection.setAutoCommit(true);
		}
	}

	/**
	 * Something that reads.
	 *
	 * @param <T> what is read
	 */
	@FunctionalInterface
	interface Action<T> {

		T read(Connection connection) throws Exception;

	}

}
