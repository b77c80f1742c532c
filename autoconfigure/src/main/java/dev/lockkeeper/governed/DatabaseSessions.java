// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.governed;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;
import java.util.function.Function;

import dev.lockkeeper.connection.OwnConnections;
import dev.lockkeeper.database.ConnectedDatabase;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.migration.SharedSessionsException;
import dev.lockkeeper.postgresql.Login;
import dev.lockkeeper.postgresql.SharedBackends;
import dev.lockkeeper.postgresql.SqlStates;
import dev.lockkeeper.schema.InspectionConnection;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * The sessions of a process with the database of one schema: a stateless one for
 * inspections, and the proof that a run gets sessions of its own.
 */
final class DatabaseSessions {

	private static final Log logger = LogFactory.getLog(DatabaseSessions.class);

	private final String schema;

	/**
	 * Schemas that have the same data source have the same database.
	 */
	private final Object source;

	private final OwnConnections connections;

	private final Set<Object> unshared;

	/**
	 * Whether something other than the server answers new connections; {@code null}
	 * before the first inspection.
	 */
	private volatile @Nullable Boolean relayed;

	private volatile Login login = Login.UNKNOWN;

	/**
	 * Create the sessions of a schema.
	 * @param unshared the data sources of which no connections were found to share a
	 * session, for all schemas
	 */
	DatabaseSessions(String schema, Object source, OwnConnections connections, Set<Object> unshared) {
		this.schema = schema;
		this.source = source;
		this.connections = connections;
		this.unshared = unshared;
	}

	OwnConnections getConnections() {
		return this.connections;
	}

	boolean isEmbedded() {
		return this.connections.isEmbedded();
	}

	/**
	 * Return the login, as the last inspection or the last failure has shown it.
	 */
	Login getLogin() {
		return this.login;
	}

	/**
	 * Note that a change set that failed had taken on another role.
	 */
	void actedAs(String role) {
		this.login = this.login.actingAs(role);
	}

	boolean isRelayed() {
		return Boolean.TRUE.equals(this.relayed);
	}

	/**
	 * Read something on a connection of its own.
	 * @param failed returns what to throw when that fails
	 */
	<T> T read(Reading<T> reading, Function<Exception, RuntimeException> failed) {
		try (InspectionConnection own = new InspectionConnection()) {
			return read(own, reading, failed);
		}
	}

	/**
	 * Read something.
	 * @param shared the connection of the caller, which may be open already
	 * @param failed returns what to throw when that fails
	 */
	<T> T read(InspectionConnection shared, Reading<T> reading, Function<Exception, RuntimeException> failed) {
		boolean kept = shared.isOpen();
		boolean keep = false;
		try {
			Connection connection = shared.to(this.source, this.connections::openStateless);
			ConnectedDatabase database = ConnectedDatabase.of(connection);
			this.login = database.login();
			if (this.relayed == null) {
				this.relayed = isRelayed(database);
			}
			T result = reading.read(connection);
			// A schema that an engine sets might otherwise be that of the next inspection
			keep = database.rollsBackSettings();
			return result;
		}
		catch (LockkeeperException ex) {
			throw ex;
		}
		catch (Exception ex) {
			// The connection may have been lost since the last inspection: no sign that
			// the database does not answer
			String sqlState = SqlStates.of(ex);
			if (kept && sqlState != null && SqlStates.isConnectionLost(sqlState)) {
				shared.close();
				return read(reading, failed);
			}
			throw failed.apply(ex);
		}
		finally {
			if (!keep) {
				shared.close();
			}
		}
	}

	private static @Nullable Boolean isRelayed(ConnectedDatabase database) {
		try {
			return database.isRelayed();
		}
		catch (SQLException ex) {
			logger.debug("lockkeeper - the server does not show which backend a connection has", ex);
			return null;
		}
	}

	/**
	 * Require that each connection is a session of its own.
	 * @param action how a run gets connections that share no sessions
	 * @param failed returns what to throw when the database does not answer, or does not
	 * give enough connections
	 * @throws SharedSessionsException when it is proved that sessions are shared
	 */
	void requireUnshared(String action, Function<Exception, RuntimeException> failed) {
		if (isEmbedded() || this.unshared.contains(this.source)) {
			return;
		}
		String proof;
		try {
			proof = SharedBackends.findProof(this.connections::openStateless, !this.connections.isShared());
		}
		catch (SQLException | RuntimeException ex) {
			throw failed.apply(ex);
		}
		if (proof != null) {
			throw new SharedSessionsException(this.schema, this.connections.describe(), proof, action);
		}
		if (!this.connections.isShared()) {
			this.unshared.add(this.source);
		}
	}

	/**
	 * Reads something.
	 *
	 * @param <T> what is read
	 */
	@FunctionalInterface
	interface Reading<T> {

		T read(Connection connection) throws Exception;

	}

}
