// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock.lease;

import java.sql.Connection;
import java.sql.SQLException;

import javax.sql.DataSource;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.datasource.AbstractDataSource;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/**
 * The one connection of a lease. It stays open from use to use; after a failure
 * {@link #reset()} lets the next use open a new one. Used by one thread at a time.
 */
final class LeaseSession extends AbstractDataSource implements AutoCloseable {

	private static final Log logger = LogFactory.getLog(LeaseSession.class);

	private final DataSource connections;

	private @Nullable SingleConnectionDataSource current;

	LeaseSession(DataSource connections) {
		this.connections = connections;
	}

	@Override
	public synchronized Connection getConnection() throws SQLException {
		SingleConnectionDataSource dataSource = this.current;
		if (dataSource == null) {
			dataSource = new SingleConnectionDataSource(this.connections.getConnection(), true);
			this.current = dataSource;
		}
		return dataSource.getConnection();
	}

	@Override
	public Connection getConnection(String username, String password) throws SQLException {
		return getConnection();
	}

	synchronized void reset() {
		SingleConnectionDataSource dataSource = this.current;
		this.current = null;
		if (dataSource != null) {
			try {
				dataSource.destroy();
			}
			catch (RuntimeException ex) {
				logger.debug("lockkeeper - a broken lease connection could not be closed", ex);
			}
		}
	}

	@Override
	public void close() {
		reset();
	}

}
