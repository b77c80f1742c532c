// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock.lease;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;

import dev.lockkeeper.connection.OwnConnections;
import dev.lockkeeper.database.ConnectedDatabase;
import dev.lockkeeper.lock.LockAddress;
import dev.lockkeeper.postgresql.SqlStates;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.datasource.AbstractDataSource;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/**
 * The one connection of a lease. It stays open from use to use; after a failure
 * {@link #reset()} lets the next use open a new one. On PostgreSQL an answer that does
 * not come is a failure: after a third of the lease, or a sixth when the statement waits
 * for another transaction. Used by one thread at a time, except for {@link #abort()}.
 */
final class LeaseSession extends AbstractDataSource implements AutoCloseable {

	private static final Log logger = LogFactory.getLog(LeaseSession.class);

	private final LockAddress address;

	private final Duration lease;

	private @Nullable SingleConnectionDataSource current;

	private volatile @Nullable Connection physical;

	private volatile boolean aborted;

	LeaseSession(LockAddress address, Duration lease) {
		this.address = address;
		this.lease = lease;
	}

	@Override
	public synchronized Connection getConnection() throws SQLException {
		SingleConnectionDataSource dataSource = this.current;
		if (dataSource == null) {
			dataSource = new SingleConnectionDataSource(open(), true);
			this.current = dataSource;
		}
		Connection opened = this.physical;
		if (opened != null && opened.isClosed()) {
			// Spring would report it without an SQLSTATE, in place of the failure that
			// counts
			throw new SQLException("The connection of the lease is lost", SqlStates.CONNECTION_LOST);
		}
		return dataSource.getConnection();
	}

	private Connection open() throws SQLException {
		Connection connection = this.address.connections().getConnection();
		try {
			if (!isShared()) {
				ConnectedDatabase.of(connection).limitWaits(this.lease.dividedBy(3), timeout());
			}
			this.physical = connection;
			if (this.aborted) {
				throw new SQLException("The lease is lost");
			}
			return connection;
		}
		catch (SQLException ex) {
			connection.close();
			throw ex;
		}
	}

	/**
	 * Return the timeout of what should not take long.
	 */
	Duration timeout() {
		return this.lease.dividedBy(6);
	}

	boolean isShared() {
		return OwnConnections.areShared(this.address.connections());
	}

	@Override
	public Connection getConnection(String username, String password) throws SQLException {
		return getConnection();
	}

	synchronized void reset() {
		SingleConnectionDataSource dataSource = this.current;
		this.current = null;
		this.physical = null;
		if (dataSource != null) {
			try {
				dataSource.destroy();
			}
			catch (RuntimeException ex) {
				logger.debug("lockkeeper - a broken lease connection could not be closed", ex);
			}
		}
	}

	/**
	 * End the connection for ever, although another thread may be waiting for an answer
	 * on it.
	 */
	void abort() {
		this.aborted = true;
		Connection connection = this.physical;
		if (connection != null && !isShared()) {
			try {
				connection.abort(Runnable::run);
			}
			catch (SQLException ex) {
				logger.debug("lockkeeper - the lease connection could not be aborted", ex);
			}
		}
	}

	@Override
	public void close() {
		reset();
	}

}
