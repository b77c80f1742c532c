// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;

import javax.sql.DataSource;

import dev.lockkeeper.database.ConnectedDatabase;
import dev.lockkeeper.jdbc.JdbcProxies;
import dev.lockkeeper.jdbc.TypedMethods;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.datasource.AbstractDataSource;

/**
 * The data source of Flyway during a run, which has one session on PostgreSQL. Flyway
 * opens another connection for the callbacks of some events, also while the transaction
 * of a migration is open. That connection is the same session: what the callback does
 * belongs to that transaction then, and is committed with it.
 */
final class OneSession extends AbstractDataSource implements AutoCloseable {

	private static final TypedMethods<SessionControl> CONTROL = TypedMethods.of(SessionControl.class, Connection.class);

	private final DataSource connections;

	private @Nullable Connection session;

	/**
	 * Create a data source.
	 * @param connections the connections of the run
	 */
	OneSession(DataSource connections) {
		this.connections = connections;
	}

	@Override
	public Connection getConnection() throws SQLException {
		Connection open = this.session;
		if (open == null || open.isClosed()) {
			open = this.connections.getConnection();
			if (!ConnectedDatabase.of(open).hasTransactionalDdl()) {
				return open;
			}
			this.session = open;
		}
		return new Shared(open, open.getAutoCommit()).asConnection();
	}

	@Override
	public Connection getConnection(String username, String password) throws SQLException {
		return getConnection();
	}

	@Override
	public void close() throws SQLException {
		if (this.session != null) {
			this.session.close();
		}
	}

	/**
	 * The session as one connection of several.
	 */
	private static final class Shared implements SessionControl {

		private final Connection session;

		/**
		 * Whether the connection controls the transactions of the session. It does not
		 * when a transaction was open before it.
		 */
		private final boolean controlling;

		private boolean autoCommit = true;

		private boolean closed;

		Shared(Connection session, boolean controlling) {
			this.session = session;
			this.controlling = controlling;
		}

		Connection asConnection() {
			return JdbcProxies.answer(this.session, CONTROL.answeredBy(this));
		}

		@Override
		public boolean getAutoCommit() throws SQLException {
			return this.controlling ? this.session.getAutoCommit() : this.autoCommit;
		}

		@Override
		public void setAutoCommit(boolean autoCommit) throws SQLException {
			if (this.controlling) {
				this.session.setAutoCommit(autoCommit);
			}
			else {
				this.autoCommit = autoCommit;
			}
		}

		@Override
		public void commit() throws SQLException {
			if (this.controlling) {
				this.session.commit();
			}
		}

		// The failure that leads to it reaches the owner of the transaction
		@Override
		public void rollback() throws SQLException {
			if (this.controlling) {
				this.session.rollback();
			}
		}

		@Override
		public void rollback(Savepoint savepoint) throws SQLException {
			this.session.rollback(savepoint);
		}

		@Override
		public void close() {
			this.closed = true;
		}

		@Override
		public boolean isClosed() throws SQLException {
			return this.closed || this.session.isClosed();
		}

	}

}
