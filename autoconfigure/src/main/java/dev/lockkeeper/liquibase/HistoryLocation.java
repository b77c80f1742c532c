// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

import dev.lockkeeper.database.ConnectedDatabase;
import dev.lockkeeper.engine.HistorySearch;
import dev.lockkeeper.engine.SchemaTables;
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
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;
import org.springframework.util.StringUtils;

/**
 * Finds the history of one governed bean. A history without rows may be one that no run
 * has begun, or one that lies elsewhere: this class finds out which, before anything is
 * concluded from it or written.
 */
final class HistoryLocation {

	private final String name;

	private final SpringLiquibase bean;

	private final Object source;

	private final SchemaSettings settings;

	private final PlannedSchemas planned;

	private final HistorySearch<Found> search;

	/**
	 * The current schema for which the changelog was read once more, with its tables.
	 */
	private volatile @Nullable String followed;

	private volatile boolean empty;

	HistoryLocation(String name, SpringLiquibase bean, Object source, SchemaSettings settings, PlannedSchemas planned,
			boolean defers) {
		this.name = name;
		this.bean = bean;
		this.source = source;
		this.settings = settings;
		this.planned = planned;
		this.search = new HistorySearch<>(name, defers, settings);
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
			SearchPath path = HistorySearch.readPath(connection);
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
		SearchPath path = SchemaSettings.areUnset(this.bean) ? HistorySearch.readPath(connection) : null;
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
			throw unread(connection, code.tables(), (same) -> code, ex);
		}
	}

	// A class of the user may always name another schema than the current one
	private boolean isElsewhere(ExpectedChangeSets code, SearchPath path) {
		String current = path.current();
		return current != null && !current.equals(code.tables().schema()) && !current.equals(this.followed);
	}

	private @Nullable Found findElsewhere(Connection connection, ExpectedChangeSets code, SearchPath path)
			throws Exception {
		String current = path.current();
		return (current != null && current.equals(code.tables().schema()))
				? this.search.find(connection, path, new Schemas(code)) : null;
	}

	private boolean isOf(ExpectedChangeSets code, ChangeHistory history) throws Exception {
		return !history.rows().isEmpty()
				&& LiquibaseAccess.inScope(this.bean, () -> Scope.child(code.scope(), () -> code.areIn(history)));
	}

	/**
	 * Require that a run, which finds its schema by itself, writes to the tables that the
	 * inspection has read and whose lease is held.
	 * @throws SchemaUnreadableException when the current schema is another by now
	 */
	void requireSame(Database database, @Nullable LiquibaseTables tables) {
		if (tables == null || !SchemaSettings.areUnset(this.bean) || LiquibaseAccess.initialisesItself(this.bean)) {
			return;
		}
		String inspected = tables.schema();
		String current = database.getLiquibaseSchemaName();
		if (inspected == null || current == null || inspected.equals(current)) {
			return;
		}
		if (!this.empty) {
			throw this.search.moved(inspected, current);
		}
		throw new SchemaUnreadableException(this.name, ExitStatus.TEMPORARY, null, true,
				"The current schema was %s, and became %s before the run began.".formatted(inspected, current),
				"Start it again. If schema %s is not meant, set %s.".formatted(current, this.settings.setTo(inspected)),
				null);
	}

	/**
	 * Read what is cheap to read of the history.
	 * @param code reads the change sets, when only they can tell why it cannot be read
	 */
	HistoryMark mark(Connection connection, LiquibaseTables tables, ConnectedDatabase.Reading<ExpectedChangeSets> code)
			throws Exception {
		try {
			return ChangeHistory.mark(connection, tables);
		}
		catch (SQLException ex) {
			throw unread(connection, tables, code, ex);
		}
	}

	// Other databases than PostgreSQL may refuse to read a table of a missing schema
	private LiquibaseTableException unread(Connection connection, LiquibaseTables tables,
			ConnectedDatabase.Reading<ExpectedChangeSets> code, SQLException failure) throws Exception {
		if (LiquibaseTableFailures.isOfMissingSchema(failure)) {
			requireSchema(connection, code.read(connection));
		}
		return LiquibaseTableException.ofHistory(tables.history(), false, failure);
	}

	private void requireSchema(Connection connection, ExpectedChangeSets code) throws SQLException {
		if (SchemaSettings.areUnset(this.bean)) {
			if (code.tables().schema() == null) {
				this.search.requireCurrentSchema(connection);
			}
			return;
		}
		Database database = code.database();
		String schema = database.supports(Schema.class) ? code.tables().schema() : database.getLiquibaseCatalogName();
		if (schema != null) {
			require(connection, database, schema, this.settings.ofHistory(this.bean));
		}
	}

	/**
	 * Note that nothing is to be done.
	 */
	void recognised() {
		this.planned.applied(this.source, this.name);
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
			@Nullable LiquibaseTables tables) {
		return LiquibaseTableFailures.of(failure, moment, this.settings.ofHistory(this.bean),
				(tables != null && !SchemaSettings.areUnset(this.bean)) ? tables.schema() : null);
	}

	/**
	 * A history that was found.
	 *
	 * @param code the change sets, with the tables of its schema
	 * @param history the history
	 */
	record Found(ExpectedChangeSets code, ChangeHistory history) {
	}

	/**
	 * The same change sets in other schemas.
	 */
	private final class Schemas implements HistorySearch.Candidates<Found> {

		private final ExpectedChangeSets code;

		Schemas(ExpectedChangeSets code) {
			this.code = code;
		}

		@Override
		public SchemaTables tablesIn(String schema) {
			return in(schema).all();
		}

		@Override
		public @Nullable Found read(Connection connection, String schema) throws Exception {
			LiquibaseTables tables = in(schema);
			ChangeHistory history = ChangeHistory.read(connection, tables);
			return isOf(this.code, history) ? new Found(this.code.in(tables), history) : null;
		}

		private LiquibaseTables in(String schema) {
			return LiquibaseTables.in(this.code.database(), schema);
		}

	}

}
