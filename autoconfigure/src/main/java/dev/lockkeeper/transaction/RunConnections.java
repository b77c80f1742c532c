// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.transaction;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

import dev.lockkeeper.connection.OwnConnections;
import dev.lockkeeper.database.ConnectedDatabase;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.lock.Lease;
import dev.lockkeeper.migration.FailurePolicy;
import dev.lockkeeper.migration.RunControl;
import dev.lockkeeper.postgresql.Backend;
import dev.lockkeeper.postgresql.PostgreSql;
import dev.lockkeeper.postgresql.RunningStatements;
import dev.lockkeeper.postgresql.SessionIdentity;
import dev.lockkeeper.postgresql.SqlStates;
import dev.lockkeeper.thread.DaemonThread;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.datasource.AbstractDataSource;

/**
 * The data source of a bean while it runs: opens connections of our own, tracks which are
 * open, and closes them all. On PostgreSQL each is recorded in the lease before it is
 * used, notices that its client is gone, is not ended by timeouts that are meant for
 * sessions that serve, and has its commits controlled by the run.
 *
 * @since 0.1.0
 */
public final class RunConnections extends AbstractDataSource {

	private static final Log logger = LogFactory.getLog(RunConnections.class);

	private static final Duration CANCEL_TIMEOUT = Duration.ofSeconds(2);

	private final OwnConnections connections;

	private final Lease lease;

	private final RunTransactions transactions;

	private final RunControl control;

	private final Queue<Connection> opened = new ConcurrentLinkedQueue<>();

	private volatile @Nullable Backend backend;

	private volatile boolean aborted;

	private volatile boolean finished;

	private volatile boolean closed;

	private volatile boolean lost;

	private volatile boolean plain;

	/**
	 * Create the connections of a run.
	 * @param connections opens them
	 * @param lease the lock, in which each session is recorded
	 * @param transactions decides about commits
	 * @param control decides whether the run is watched
	 */
	public RunConnections(OwnConnections connections, Lease lease, RunTransactions transactions, RunControl control) {
		this.connections = connections;
		this.lease = lease;
		this.transactions = transactions;
		this.control = control;
	}

	@Override
	public Connection getConnection() throws SQLException {
		Connection connection = open();
		if (this.aborted || this.closed) {
			connection.close();
			throw new SQLException(this.aborted ? "The run was stopped" : "The run is over");
		}
		// The connection may be lost since it was opened
		try {
			if (ConnectedDatabase.of(connection).hasTransactionalDdl()) {
				return prepare(connection);
			}
		}
		catch (SQLException ex) {
			this.lost |= PostgreSql.isLost(connection);
			throw ex;
		}
		this.plain = true;
		logger.debug("lockkeeper - change sets and their rows in the history are committed apart (not PostgreSQL)");
		return connection;
	}

	private Connection prepare(Connection connection) throws SQLException {
		if (!this.connections.isShared()) {
			PostgreSql.noticeLostClient(connection);
			PostgreSql.liftTimeouts(connection);
			Backend serving = Backend.of(connection);
			this.backend = serving;
			watch(serving);
		}
		this.lease.recordSession(connection);
		return this.transactions.wrap(connection,
				SessionIdentity.read(connection, this.connections.getOwner() != null));
	}

	private Connection open() throws SQLException {
		try {
			Connection connection = this.connections.getConnection();
			this.opened.add(connection);
			return connection;
		}
		catch (SQLException ex) {
			this.lost |= SqlStates.isConnectionLost(SqlStates.of(ex))
					|| FailurePolicy.of(SqlStates.kindOf(ex)).onRead() == ExitStatus.UNAVAILABLE;
			throw ex;
		}
	}

	/**
	 * Return whether everything that was done is part of transactions that the run
	 * controls, in the session that is recorded in the lease.
	 * @return whether it is
	 */
	public boolean isMerging() {
		return this.opened.size() <= 1 && !this.plain;
	}

	/**
	 * Return the backend that works for this run.
	 * @return the backend of the connection that was opened last, or {@code null} when it
	 * is not known
	 */
	public @Nullable Backend getBackend() {
		return this.backend;
	}

	/**
	 * Return whether a backend is one of this run.
	 * @param pid its process identifier
	 * @return whether it is
	 */
	public boolean isOwn(int pid) {
		return this.opened.stream().anyMatch((connection) -> PostgreSql.isServedBy(connection, pid));
	}

	/**
	 * Return whether something has failed because a session is gone, cannot write any
	 * more, or could not be opened. To be called before the connections are closed.
	 * @return whether a session was lost
	 */
	public boolean isSessionLost() {
		return this.lost || this.transactions.isSessionLost();
	}

	@Override
	public Connection getConnection(String username, String password) throws SQLException {
		return getConnection();
	}

	private void watch(Backend serving) {
		if (this.control.isWatched()) {
			this.control.watch(() -> isAtWork(serving));
		}
	}

	private boolean isAtWork(Backend backend) {
		try (Connection connection = this.connections.openStateless()) {
			return backend.isAtWork(connection);
		}
		catch (SQLException ex) {
			logger.debug("lockkeeper - not known whether the backend of the run is at work", ex);
			return false;
		}
	}

	/**
	 * End the statements that run on the connections, and the connections.
	 */
	public void abort() {
		this.aborted = true;
		for (Connection connection : this.opened) {
			try {
				cancel(connection);
				connection.abort(Runnable::run);
			}
			catch (SQLException ex) {
				logger.debug("lockkeeper - a connection could not be aborted", ex);
			}
		}
	}

	// The cancellation needs a connection of its own, which may not open
	private void cancel(Connection connection) {
		Thread cancelling = DaemonThread.start("lockkeeper-cancel", () -> {
			try {
				RunningStatements.cancel(connection);
			}
			catch (SQLException ex) {
				logger.debug("lockkeeper - a statement could not be cancelled", ex);
			}
		});
		try {
			cancelling.join(CANCEL_TIMEOUT.toMillis());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * Note that every statement of the run has been answered, so its session can only be
	 * idle.
	 */
	public void finish() {
		this.finished = true;
	}

	/**
	 * Close the connections that are still open. Not named {@code close}: Spring Boot's
	 * own subclass calls a method of that name on its data source.
	 */
	public void closeAll() {
		this.closed = true;
		this.control.watch(null);
		for (Connection connection : this.opened) {
			try {
				connection.close();
			}
			catch (SQLException ex) {
				logger.debug("lockkeeper - a connection could not be closed", ex);
			}
		}
		if (this.finished && !this.aborted && this.opened.size() == 1) {
			this.lease.sessionClosed();
		}
	}

}
