// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.sql.Connection;
import java.sql.SQLException;

import org.postgresql.PGConnection;

/**
 * Ends statements on the server. A backend whose client is gone goes on executing until
 * it next talks to it, so closing a connection does not end its statement.
 *
 * @since 0.1.0
 */
public final class RunningStatements {

	private RunningStatements() {
	}

	/**
	 * End the statement that runs on a connection; does nothing on other databases.
	 * @param connection the connection; another thread may be waiting on it
	 * @throws SQLException when the request to cancel does not reach the server
	 */
	public static void cancel(Connection connection) throws SQLException {
		if (!connection.isClosed() && PostgreSql.isServing(connection)) {
			connection.unwrap(PGConnection.class).cancelQuery();
		}
	}

}
