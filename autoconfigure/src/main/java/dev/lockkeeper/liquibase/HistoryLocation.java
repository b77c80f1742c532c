// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

import dev.lockkeeper.database.ConnectedDatabase;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.liquibase.bean.LiquibaseAccess;
import dev.lockkeeper.liquibase.run.LiquibaseTableException;
import dev.lockkeeper.migration.Diagnosis;
import dev.lockkeeper.migration.FailurePolicy;
import dev.lockkeeper.postgresql.SearchPath;
import dev.lockkeeper.postgresql.SqlStates;
import dev.lockkeeper.postgresql.SqlText;
import dev.lockkeeper.schema.HistoryMark;
import dev.lockkeeper.schema.MissingSchemaException;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaUnreadableException;
import liquibase.Scope;
import liquibase.database.Database;
import liquibase.integration.spring.SpringLiquibase;
import liquibase.structure.core.Catalog;
import liquibase.structure.core.Schema;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;
import org.springframework.util.StringUtils;

/**
 * Finds the history of one governed bean. A history without rows may be one that no run
 * has begun, or one that lies elsewhere: this class finds out which, before anything is
 * concluded from it or written.
 */
final class HistoryLocation {

	private static final Log logger = LogFactory.getLog(HistoryLocation.class);

	private final String name;

	private final SpringLiquibase bean;

	private final Object source;

	private final SchemaSettings settings;

	private final PlannedSchemas planned;

	private final boolean defers;

	/**
	 * The current schema for which the changelog was read once more, with its tables.
	 */
	private volatile @Nullable String followed;

	private volatile @Nullable String reported;

	private volatile boolean empty;

	HistoryLocation(String name, SpringLiquibase bean, Object source, SchemaSettings settings, PlannedSchemas planned,
			boolean defers) {
		this.name = name;
		this.bean = bean;
		this.source = source;
		this.settings = settings;
		this.planned = planned;
		this.defers = defers;
	}

	/**
	 * Read the history.
	 * @return the history, and the change sets with the tables among which it was found;
	 * {@code null} when the connection has another current schema by now
	 * @throws SchemaUnreadableException when it is empty because a setting names a schema
	 * that does not exist, because the connection has no schema at all, or because the
	 * history is in another schema of the search path
	 * @throws LiquibaseTableException when the table cannot be read
	 */
	@Nullable Found find(Connection connection, ExpectedChangeSets code) throws Exception {
		return find(connection, code, true);
	}

	/**
	 * Read the history, whatever the current schema is.
	 */
	Found findAgain(Connection connection, ExpectedChangeSets code) throws Exception {
		Found found = find(connection, code, false);
		Assert.state(found != null, "The second search always finds a history");
		return found;
	}

	private @Nullable Found find(Connection connection, ExpectedChangeSets code, boolean follow) throws Exception {
		if (follow && code.tables().schema() == null && hasSchemaByNow(connection, code)) {
			return null;
		}
		ChangeHistory history = read(connection, code);
		this.empty = history.rows().isEmpty();
		if (this.empty && SchemaSettings.areUnset(this.bean)) {
			SearchPath path = readPath(connection);
			if (path != null && follow && isElsewhere(code, path)) {
				this.followed = path.current();
				return null;
			}
			Found other = (path != null) ? findElsewhere(connection, code, path) : null;
			if (other != null) {
				return other;
			}
			String schema = code.tables().schema();
			if (path != null && schema != null && !schema.equals(path.current())) {
				require(connection, code.database(), schema,
						"liquibase.liquibaseSchemaName, or the class of bean " + this.name + ",");
			}
		}
		return new Found(code, history);
	}

	// There was none when the change sets were read, so that their tables have none
	// either
	private boolean hasSchemaByNow(Connection connection, ExpectedChangeSets code) throws SQLException {
		SearchPath path = SchemaSettings.areUnset(this.bean) ? readPath(connection) : null;
		boolean changed = path != null && isElsewhere(code, path);
		this.followed = (path != null && changed) ? path.current() : this.followed;
		return changed;
	}

	private ChangeHistory read(Connection connection, ExpectedChangeSets code) throws Exception {
		try {
			ChangeHistory history = ChangeHistory.read(connection, code.tables());
			if (history.rows().isEmpty()) {
				requireSchema(connection, code);
			}
			return history;
		}
		catch (SQLException ex) {
			throw unread(connection, code, ex);
		}
	}

	// A class of the user may always name another schema than the current one
	private boolean isElsewhere(ExpectedChangeSets code, SearchPath path) {
		String current = path.current();
		return current != null && !current.equals(code.tables().schema()) && !current.equals(this.followed);
	}

	private static @Nullable SearchPath readPath(Connection connection) throws SQLException {
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
	 */
	private @Nullable Found findElsewhere(Connection connection, ExpectedChangeSets code, SearchPath path)
			throws Exception {
		String current = path.current();
		if (path.chosen() || current == null || !current.equals(code.tables().schema())) {
			return null;
		}
		for (String schema : path.schemas().subList(1, path.schemas().size())) {
			LiquibaseTables tables = LiquibaseTables.in(code.database(), schema);
			ChangeHistory history = readIfAllowed(connection, tables);
			if (history != null && isOf(code, history)) {
				if (this.defers && isOfMigrator(connection, tables)) {
					reportMigrator(current, schema);
					return new Found(code.in(tables), history);
				}
				throw moved(schema, current);
			}
		}
		return this.defers ? findOfMigrator(connection, code, path) : null;
	}

	// Outside of the search path there may be several installations
	private @Nullable Found findOfMigrator(Connection connection, ExpectedChangeSets code, SearchPath path)
			throws Exception {
		List<Found> found = new ArrayList<>();
		for (String schema : SearchPath.schemasOfOthersWith(connection, LiquibaseTables.OF_MIGRATOR)) {
			LiquibaseTables tables = LiquibaseTables.in(code.database(), schema);
			ChangeHistory history = path.schemas().contains(schema) ? null : readIfAllowed(connection, tables);
			if (history != null && isOf(code, history)) {
				found.add(new Found(code.in(tables), history));
			}
		}
		if (found.size() != 1) {
			return null;
		}
		reportMigrator(String.valueOf(path.current()), String.valueOf(found.get(0).code().tables().schema()));
		return found.get(0);
	}

	// What may not be read, or is no history, decides nothing
	private static @Nullable ChangeHistory readIfAllowed(Connection connection, LiquibaseTables tables)
			throws SQLException {
		if (!ConnectedDatabase.of(connection).mayRead(tables.history())) {
			return null;
		}
		try {
			return ChangeHistory.read(connection, tables);
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

	private boolean isOf(ExpectedChangeSets code, ChangeHistory history) throws Exception {
		return !history.rows().isEmpty()
				&& LiquibaseAccess.inScope(this.bean, () -> Scope.child(code.scope(), () -> code.areIn(history)));
	}

	private static boolean isOfMigrator(Connection connection, LiquibaseTables tables) throws SQLException {
		return SearchPath.isOfAnotherRole(connection, tables.all().lease())
				|| SearchPath.isOfAnotherRole(connection, tables.all().runs());
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

	private SchemaUnreadableException moved(String schema, String current) {
		return new SchemaUnreadableException(this.name, ExitStatus.CHANGELOG, null, false,
				("The history of these change sets is in schema %s. The current schema %s, which comes first in the "
						+ "search path, has none: a run would apply all of them again, to schema %s.")
					.formatted(schema, current, current),
				"If they belong to schema %s, set %s. A second installation of one product in one database sets %s."
					.formatted(schema, this.settings.setTo(schema), this.settings.setTo(current)),
				null);
	}

	/**
	 * Require that a run, which finds its schema by itself, writes to the tables that the
	 * inspection has read and whose lease is held.
	 * @throws SchemaUnreadableException when the current schema is another by now
	 */
	void requireSame(Database database, @Nullable ExpectedChangeSets code) {
		if (code == null || !SchemaSettings.areUnset(this.bean) || LiquibaseAccess.initialisesItself(this.bean)) {
			return;
		}
		String inspected = code.tables().schema();
		String current = database.getLiquibaseSchemaName();
		if (inspected == null || current == null || inspected.equals(current)) {
			return;
		}
		if (!this.empty) {
			throw moved(inspected, current);
		}
		throw new SchemaUnreadableException(this.name, ExitStatus.TEMPORARY, null, true,
				"The current schema was %s, and became %s before the run began.".formatted(inspected, current),
				"Start it again. If schema %s is not meant, set %s.".formatted(current, this.settings.setTo(inspected)),
				null);
	}

	/**
	 * Read what is cheap to read of the history.
	 */
	HistoryMark mark(Connection connection, ExpectedChangeSets code) throws SQLException, LiquibaseTableException {
		try {
			return ChangeHistory.mark(connection, code.tables());
		}
		catch (SQLException ex) {
			throw unread(connection, code, ex);
		}
	}

	// Other databases than PostgreSQL may refuse to read a table of a missing schema
	private LiquibaseTableException unread(Connection connection, ExpectedChangeSets code, SQLException failure)
			throws SQLException {
		if (LiquibaseTableFailures.isOfMissingSchema(failure)) {
			requireSchema(connection, code);
		}
		return LiquibaseTableException.ofHistory(code.tables().history(), false, failure);
	}

	private void requireSchema(Connection connection, ExpectedChangeSets code) throws SQLException {
		if (SchemaSettings.areUnset(this.bean)) {
			if (code.tables().schema() == null) {
				requireSearchPath(connection);
			}
			return;
		}
		Database database = code.database();
		String schema = database.supports(Schema.class) ? code.tables().schema() : database.getLiquibaseCatalogName();
		if (schema != null) {
			require(connection, database, schema, this.settings.ofHistory(this.bean));
		}
	}

	private void requireSearchPath(Connection connection) throws SQLException {
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
						.formatted(SqlText.identifier(first), SqlText.identifier(path.role()),
								this.settings.defaultSchema()),
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
	 * Note what an inspection has found.
	 * @throws MissingSchemaException when the default schema does not exist, and no
	 * change set creates it
	 */
	void found(Connection connection, ExpectedChangeSets code, SchemaState state) throws SQLException {
		this.planned.seen(this.source, this.name, code, state.status().isServed());
		String schema = this.bean.getDefaultSchema();
		if (!StringUtils.hasText(schema) || !StringUtils.hasText(this.bean.getLiquibaseSchema())
				|| state.pending().isEmpty() || PlannedSchemas.mayCreate(code.expected(), schema)) {
			return;
		}
		Database database = code.database();
		String known = database.supports(Schema.class) ? database.getDefaultSchemaName()
				: database.getDefaultCatalogName();
		if (known != null) {
			require(connection, database, known, this.settings.defaultSchema());
		}
	}

	private void require(Connection connection, Database database, String schema, String setting) throws SQLException {
		String identifier = database.escapeObjectName(schema, Schema.class);
		boolean schemas = database.supports(Schema.class);
		boolean exists = (!schemas && !database.supports(Catalog.class))
				|| ConnectedDatabase.of(connection).hasSchema(schema, identifier, !schemas);
		// A class of the user may create it when it is initialised
		if (!exists && !LiquibaseAccess.initialisesItself(this.bean)
				&& !this.planned.mayCome(this.source, this.name, schema)) {
			throw new MissingSchemaException(this.name, identifier, setting);
		}
	}

	/**
	 * Explain a failure if it is one of the history or of the lock table.
	 * @param moment the exit status where the failure occurred
	 * @return the explanation, or {@code null} when it is another failure
	 */
	@Nullable Diagnosis diagnose(Throwable failure, Function<FailurePolicy, ExitStatus> moment,
			@Nullable ExpectedChangeSets code) {
		return LiquibaseTableFailures.of(failure, moment, this.settings.ofHistory(this.bean),
				(code != null && !SchemaSettings.areUnset(this.bean)) ? code.tables().schema() : null);
	}

	/**
	 * A history that was found.
	 *
	 * @param code the change sets, with the tables of its schema
	 * @param history the history
	 */
	record Found(ExpectedChangeSets code, ChangeHistory history) {
	}

}
