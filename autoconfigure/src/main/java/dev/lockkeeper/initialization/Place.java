// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.initialization;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

import dev.lockkeeper.connection.OwnConnections;
import dev.lockkeeper.database.ConnectedDatabase;
import dev.lockkeeper.postgresql.SearchPath;
import dev.lockkeeper.postgresql.SqlStates;
import dev.lockkeeper.schema.DatabaseFailure;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Where the scripts of an initializer are executed: in the schemas in which its own data
 * source would find their tables.
 *
 * @param schemas the schemas, the first one for what is created without a schema
 * @param other whether these are not those of the connections that execute the scripts
 */
record Place(List<String> schemas, boolean other) {

	private static final Log logger = LogFactory.getLog(Place.class);

	/**
	 * What the driver, or a pooler, answers to a login without the right password.
	 */
	private static final Set<String> REFUSED = Set.of("08004", "08P01");

	/**
	 * Find the place.
	 * @param connection a connection like those that execute the scripts
	 * @param source connections of the data source of the initializer; {@code null} when
	 * the connections that execute the scripts are of that data source
	 */
	static Place find(Connection connection, @Nullable OwnConnections source) throws SQLException {
		List<String> executing = schemasOf(connection);
		if (source == null) {
			return new Place(executing, false);
		}
		List<String> own = read(source);
		return own.isEmpty() ? new Place(executing, false) : new Place(own, !own.equals(executing));
	}

	private static List<String> read(OwnConnections source) throws SQLException {
		try (Connection connection = source.openStateless()) {
			return schemasOf(connection);
		}
		// A process that migrates may have no password for it
		catch (SQLException ex) {
			if (isPassing(ex)) {
				throw ex;
			}
			logger.debug("lockkeeper - the data source of an initializer does not show its schema", ex);
			return source.getConfiguredSchemas();
		}
	}

	private static boolean isPassing(SQLException failure) {
		DatabaseFailure kind = SqlStates.kindOf(failure);
		return kind == DatabaseFailure.TOO_MANY_CONNECTIONS || kind == DatabaseFailure.SESSION_ENDED
				|| kind == DatabaseFailure.OUT_OF_TIME
				|| (kind == DatabaseFailure.UNREACHABLE && !REFUSED.contains(String.valueOf(SqlStates.of(failure))));
	}

	// A schema may be created by the scripts themselves, or after this process has read
	// the path
	private static List<String> schemasOf(Connection connection) throws SQLException {
		SearchPath path = ConnectedDatabase.of(connection).findSearchPath();
		if (path != null) {
			return path.names()
				.stream()
				.filter((name) -> !name.equals(path.role()) || path.schemas().contains(name))
				.toList();
		}
		String schema = connection.getSchema();
		return Stream.ofNullable((schema != null) ? schema : connection.getCatalog()).toList();
	}

	/**
	 * Return the schema in which a table is created that is named without one.
	 */
	@Nullable String schema() {
		return this.schemas.isEmpty() ? null : this.schemas.get(0);
	}

	/**
	 * Let a connection execute the scripts in this place.
	 */
	void enter(Connection connection) throws SQLException {
		if (this.other && ConnectedDatabase.of(connection).hasTransactionalDdl()) {
			SearchPath.set(connection, this.schemas);
		}
	}

}
