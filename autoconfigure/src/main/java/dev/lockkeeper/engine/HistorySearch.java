// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.engine;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

import dev.lockkeeper.database.ConnectedDatabase;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.migration.FailurePolicy;
import dev.lockkeeper.postgresql.SearchPath;
import dev.lockkeeper.postgresql.SqlStates;
import dev.lockkeeper.postgresql.SqlText;
import dev.lockkeeper.schema.SchemaUnreadableException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Searches for a history that is not in the current schema, where no setting names the
 * schema. A schema that is named like the login becomes the current one as soon as it
 * exists: the history seems to be empty then, and a run would apply everything again.
 *
 * @param <H> the history of an engine
 * @since 0.1.0
 */
public final class HistorySearch<H> {

	private static final Log logger = LogFactory.getLog(HistorySearch.class);

	/**
	 * The tables, beside the history, that show where a migrator works.
	 */
	private static final List<String> OF_MIGRATOR = List.of(SchemaTables.LEASE_TABLE, SchemaTables.RUN_TABLE);

	private final String name;

	private final boolean defers;

	private final Setting setting;

	private volatile @Nullable String reported;

	/**
	 * Create a search.
	 * @param name the name of the governed schema
	 * @param defers whether the process only reads what another role may have written
	 * @param setting what would name the schema
	 */
	public HistorySearch(String name, boolean defers, Setting setting) {
		this.name = name;
		this.defers = defers;
		this.setting = setting;
	}

	/**
	 * Read the search path of a session.
	 * @param connection a connection in auto-commit mode
	 * @return the search path; {@code null} on a database that has none, or does not show
	 * it to this role
	 * @throws SQLException when the database does not answer
	 */
	public static @Nullable SearchPath readPath(Connection connection) throws SQLException {
		try {
			return ConnectedDatabase.of(connection).findSearchPath();
		}
		catch (SQLException ex) {
			if (SqlStates.isWithheld(ex.getSQLState())) {
				logger.debug("lockkeeper - the search path is not known", ex);
				return null;
			}
			throw ex;
		}
	}

	/**
	 * Search for the history in the schemas that come after the current one. A role that
	 * only reads may have a current schema of its own, where the migrator has none: it
	 * reads what the migrator writes.
	 * @param connection a connection in auto-commit mode
	 * @param path the search path, in whose first schema there is no history
	 * @param candidates reads what is in a schema
	 * @return what the migrator writes, in a process that only reads; {@code null} when
	 * there is no history elsewhere
	 * @throws SchemaUnreadableException when a run would apply everything again
	 * @throws Exception when the database does not answer
	 */
	public @Nullable H find(Connection connection, SearchPath path, Candidates<H> candidates) throws Exception {
		String current = path.current();
		if (path.chosen() || current == null) {
			return null;
		}
		for (String schema : path.schemas().subList(1, path.schemas().size())) {
			H history = readIfAllowed(connection, candidates, schema);
			if (history != null) {
				if (this.defers && isOfMigrator(connection, candidates.tablesIn(schema))) {
					reportMigrator(current, schema);
					return history;
				}
				throw moved(schema, current);
			}
		}
		return this.defers ? findOfMigrator(connection, path, candidates) : null;
	}

	// Outside of the search path there may be several installations
	private @Nullable H findOfMigrator(Connection connection, SearchPath path, Candidates<H> candidates)
			throws Exception {
		List<H> found = new ArrayList<>();
		String last = "";
		for (String schema : SearchPath.schemasOfOthersWith(connection, OF_MIGRATOR)) {
			H history = path.schemas().contains(schema) ? null : readIfAllowed(connection, candidates, schema);
			if (history != null) {
				found.add(history);
				last = schema;
			}
		}
		if (found.size() != 1) {
			return null;
		}
		reportMigrator(String.valueOf(path.current()), last);
		return found.get(0);
	}

	// What may not be read, or is no history, decides nothing
	private @Nullable H readIfAllowed(Connection connection, Candidates<H> candidates, String schema) throws Exception {
		if (!ConnectedDatabase.of(connection).mayRead(candidates.tablesIn(schema).history())) {
			return null;
		}
		try {
			return candidates.read(connection, schema);
		}
		catch (SQLException ex) {
			ExitStatus status = FailurePolicy.of(SqlStates.kindOf(ex)).onRead();
			if (status == ExitStatus.MIGRATION || status == ExitStatus.PERMISSION) {
				logger.debug("lockkeeper - the history of another schema could not be read", ex);
				return null;
			}
			throw ex;
		}
	}

	private static boolean isOfMigrator(Connection connection, SchemaTables tables) throws SQLException {
		return SearchPath.isOfAnotherRole(connection, tables.lease())
				|| SearchPath.isOfAnotherRole(connection, tables.runs());
	}

	private void reportMigrator(String current, String schema) {
		if (!schema.equals(this.reported)) {
			this.reported = schema;
			logger
				.info(("lockkeeper - the migrator works in another schema than the current one of this role, which has "
						+ "no history (schema %s, reads %s, current schema %s)")
					.formatted(this.name, schema, current));
		}
	}

	/**
	 * Return the refusal of a run that would apply everything again.
	 * @param schema the schema in which the history is
	 * @param current the current schema
	 * @return the exception
	 */
	public SchemaUnreadableException moved(String schema, String current) {
		return new SchemaUnreadableException(this.name, ExitStatus.CHANGELOG, null, false,
				("The history of these change sets is in schema %s. The current schema %s, which comes first in the "
						+ "search path, has none: a run would apply all of them again, to schema %s.")
					.formatted(schema, current, current),
				"If they belong to schema %s, set %s. A second installation of one product in one database sets %s."
					.formatted(schema, this.setting.setTo(schema), this.setting.setTo(current)),
				null);
	}

	/**
	 * Require that the session has a current schema.
	 * @param connection a connection in auto-commit mode
	 * @throws SchemaUnreadableException when it has none
	 * @throws SQLException when the database does not answer
	 */
	public void requireCurrentSchema(Connection connection) throws SQLException {
		SearchPath path = ConnectedDatabase.of(connection).findSearchPath();
		if (path == null) {
			return;
		}
		List<String> existing = path.existing(connection);
		if (existing.isEmpty()) {
			String first = path.names().isEmpty() ? path.role() : path.names().get(0);
			throw new SchemaUnreadableException(this.name, ExitStatus.CONFIG, null, false,
					"None of the schemas in the search path exists (%s), and no setting names one."
						.formatted(path.setting()),
					("Create the one that is meant: CREATE SCHEMA %s; or correct the search path: currentSchema in the "
							+ "URL, or the search_path of role %s. Or set %s.")
						.formatted(SqlText.identifier(first), SqlText.identifier(path.role()), this.setting.getName()),
					null);
		}
		if (path.schemas().isEmpty()) {
			throw new SchemaUnreadableException(this.name, ExitStatus.PERMISSION, null, false,
					"Role %s may use none of the schemas in its search path (%s)."
						.formatted(SqlText.identifier(path.role()), path.setting()),
					"Let it use the one that is meant: GRANT USAGE ON SCHEMA %s TO %s; and CREATE as well if it migrates."
						.formatted(SqlText.identifier(existing.get(0)), SqlText.identifier(path.role())),
					null);
		}
	}

	/**
	 * What would name the schema of the history.
	 */
	public interface Setting {

		/**
		 * Return its name.
		 * @return the name, for people to read
		 */
		String getName();

		/**
		 * Return how it is set.
		 * @param schema the value
		 * @return a part of a sentence
		 */
		String setTo(String schema);

	}

	/**
	 * Reads what is in a schema.
	 *
	 * @param <H> the history of an engine
	 */
	public interface Candidates<H> {

		/**
		 * Return the tables as they would be in a schema.
		 * @param schema the schema
		 * @return the tables
		 */
		SchemaTables tablesIn(String schema);

		/**
		 * Read the history in a schema.
		 * @param connection a connection in auto-commit mode
		 * @param schema the schema, whose table may be read
		 * @return the history, or {@code null} when it has nothing of this code
		 * @throws Exception when it cannot be read
		 */
		@Nullable H read(Connection connection, String schema) throws Exception;

	}

}
