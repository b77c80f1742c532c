// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

import javax.sql.DataSource;

import dev.lockkeeper.postgresql.RunningStatements;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.jdbc.datasource.AbstractDataSource;

/**
 * The data source of a bean while it runs: opens connections of our own, knows which are
 * open, and leaves none open.
 */
final class RunConnections extends AbstractDataSource {

	private static final Log logger = LogFactory.getLog(RunConnections.class);

	private final DataSource connections;

	private final Queue<Connection> opened = new ConcurrentLinkedQueue<>();

	RunConnections(DataSource connections) {
		this.connections = connections;
	}

	@Override
	public Connection getConnection() throws SQLException {
		Connection connection = this.connections.getConnection();
		this.opened.add(connection);
		return connection;
	}

	@Override
	public Connection getConnection(String username, String password) throws SQLException {
		return getConnection();
	}

	/**
	 * End what runs on the connections, and the connections.
	 */
	void abort() {
		for (Connection connection : this.opened) {
			try {
				RunningStatements.cancel(connection);
				connection.abort(Runnable::run);
			}
			catch (SQLException ex) {
				logger.debug("lockkeeper - a connection could not be aborted", ex);
			}
		}
	}

	/**
	 * Close what was left open. Not named {@code close}: Spring Boot's own subclass looks
	 * for a method of that name on its data source.
	 */
	void closeAll() {
		for (Connection connection : this.opened) {
			try {
				connection.close();
			}
			catch (SQLException ex) {
				logger.debug("lockkeeper - a connection could not be closed", ex);
			}
		}
	}

}
