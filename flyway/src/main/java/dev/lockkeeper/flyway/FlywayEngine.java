// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

import dev.lockkeeper.connection.OwnConnections;
import dev.lockkeeper.database.ConnectedDatabase;
import dev.lockkeeper.engine.Comparison;
import dev.lockkeeper.engine.ConfiguredSchemas;
import dev.lockkeeper.engine.Engine;
import dev.lockkeeper.engine.EngineMigration;
import dev.lockkeeper.engine.EngineTraits;
import dev.lockkeeper.engine.HistorySearch;
import dev.lockkeeper.engine.SchemaTables;
import dev.lockkeeper.migration.Diagnosis;
import dev.lockkeeper.migration.EngineWords;
import dev.lockkeeper.postgresql.Login;
import dev.lockkeeper.postgresql.SearchPath;
import dev.lockkeeper.schema.HistoryMark;
import dev.lockkeeper.schema.MissingSchemaException;
import dev.lockkeeper.schema.SchemaUnreadableException;
import dev.lockkeeper.schema.SchemaVersion;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.configuration.ClassicConfiguration;
import org.flywaydb.core.api.configuration.Configuration;
import org.flywaydb.core.api.output.ValidateResult;
import org.flywaydb.core.internal.license.VersionPrinter;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.util.Assert;

/**
 * One bean that migrates with Flyway as an engine.
 */
final class FlywayEngine implements Engine {

	private static final Log logger = LogFactory.getLog(FlywayEngine.class);

	private final FlywayBean bean;

	private final OwnConnections connections;

	private final HistorySearch<Found> search;

	private final AtomicBoolean told = new AtomicBoolean();

	/**
	 * The last comparison. What Flyway knows depends on the code and the rows alone.
	 */
	private volatile @Nullable Found last;

	/**
	 * The tables of a history that exists, from the last comparison on.
	 */
	private volatile @Nullable FlywayTables located;

	/**
	 * Create an engine.
	 * @param connections opens connections to the database of the bean
	 * @param search finds a history in another schema than the current one
	 */
	FlywayEngine(FlywayBean bean, OwnConnections connections, HistorySearch<Found> search) {
		this.bean = bean;
		this.connections = connections;
		this.search = search;
	}

	@Override
	public EngineWords getWords() {
		return new EngineWords("Flyway", "advisory lock", "spring.flyway.clean-disabled=false",
				"Set spring.flyway.url, with spring.flyway.user and spring.flyway.password, to the database itself or to "
						+ "a pooler in session mode; give a Flyway bean of your own such a data source.",
				FlywayFailures.remainAdvice(this.bean));
	}

	@Override
	public @Nullable String getVersion() {
		return VersionPrinter.getVersion();
	}

	// Only a class of the user may call clean, and what else it does is not known
	@Override
	public EngineTraits getTraits() {
		boolean custom = this.bean.getCustom() != null;
		return new EngineTraits(custom && !configuration().isCleanDisabled(), !custom);
	}

	private Configuration configuration() {
		return this.bean.getConfiguration();
	}

	@Override
	public ConfiguredSchemas getConfiguredSchemas() {
		return FlywayTables.configured(configuration());
	}

	@Override
	public SchemaTables locate(Connection connection) throws Exception {
		return tables(connection).all();
	}

	private FlywayTables find(Connection connection) throws Exception {
		return ConnectedDatabase.of(connection).readOnly((reading) -> FlywayTables.find(configuration(), reading));
	}

	@Override
	public Comparison compare(Connection connection) throws Exception {
		Found known = this.last;
		FlywayTables present = this.located;
		FlywayTables tables = (present != null) ? present : find(connection);
		FlywayHistory history = FlywayHistory.read(connection, tables);
		if (known == null || !known.tables().equals(tables) || !known.history().equals(history)) {
			known = inspect(connection, tables, history);
			this.last = known;
			this.located = known.history().exists() ? known.tables() : null;
		}
		return known.comparison();
	}

	private Found inspect(Connection connection, FlywayTables tables, FlywayHistory history) throws Exception {
		if (history.rows().isEmpty()) {
			requireSchema(connection, tables);
		}
		Found found = compare(connection, tables, history);
		Found other = history.rows().isEmpty() ? findElsewhere(connection, found) : null;
		return (other != null) ? other : found;
	}

	private Found compare(Connection connection, FlywayTables tables, FlywayHistory history) throws Exception {
		return ConnectedDatabase.of(connection).readOnly((reading) -> {
			Migrations migrations = Migrations.of(copy(reading, tables, (configuration) -> {
			}).info().all());
			// A migration that was renamed, say, is not seen in what Flyway knows of it
			if (configuration().isValidateOnMigrate() && !history.rows().isEmpty()) {
				migrations = migrations.refusedBy(validate(reading, tables));
			}
			return new Found(tables, history, migrations, migrations.compare(tables.all(), history));
		});
	}

	// What is pending is no reason for a run to refuse anything
	private ValidateResult validate(Connection connection, FlywayTables tables) {
		return copy(connection, tables, (configuration) -> FlywayBean.ignore(configuration, "*:pending"))
			.validateWithResult();
	}

	/**
	 * Return a Flyway that can neither close the connection nor write on it.
	 */
	private Flyway copy(Connection reading, FlywayTables tables, Consumer<ClassicConfiguration> change) {
		return this.bean.copy(new SingleConnectionDataSource(reading, true), (configuration) -> {
			configuration.setDefaultSchema(tables.schema());
			change.accept(configuration);
		});
	}

	private void requireSchema(Connection connection, FlywayTables tables) throws SQLException {
		String schema = tables.schema();
		if (schema == null) {
			this.search.requireCurrentSchema(connection);
			return;
		}
		ConnectedDatabase database = ConnectedDatabase.of(connection);
		if (!configuration().isCreateSchemas() && database.hasTransactionalDdl()
				&& !database.hasSchema(schema, tables.quoted(schema), false)) {
			throw new MissingSchemaException(this.bean.getName(), tables.quoted(schema),
					SchemaSetting.INSTANCE.getName());
		}
	}

	private @Nullable Found findElsewhere(Connection connection, Found here) throws Exception {
		SearchPath path = FlywayTables.isSchemaUnset(configuration()) ? HistorySearch.readPath(connection) : null;
		if (path == null || path.current() == null || !path.current().equals(here.tables().schema())) {
			return null;
		}
		return this.search.find(connection, path, new OtherSchemas(here));
	}

	@Override
	public HistoryMark mark(Connection connection) throws Exception {
		return FlywayHistory.mark(connection, tables(connection));
	}

	@Override
	public List<SchemaVersion> readHistory(Connection connection) throws Exception {
		return FlywayHistory.read(connection, tables(connection)).toVersions();
	}

	private FlywayTables tables(Connection connection) throws Exception {
		FlywayTables known = knownTables();
		return (known != null) ? known : find(connection);
	}

	private @Nullable FlywayTables knownTables() {
		Found known = this.last;
		return (known != null) ? known.tables() : this.located;
	}

	@Override
	public void forgetCode() {
		this.last = null;
	}

	@Override
	public boolean createHistory() throws Exception {
		Found known = this.last;
		if (known == null || known.history().exists()) {
			return false;
		}
		new FirstHistory(this.bean, this.connections, known.tables(), known.migrations()).create();
		return true;
	}

	@Override
	public EngineMigration prepare() {
		if (TransactionalLock.isSet(configuration()) && this.told.compareAndSet(false, true)) {
			logger.info(
					"lockkeeper - Flyway's lock has no transaction of its own here, although that is set (schema %s); "
						.formatted(this.bean.getName())
							+ "a migration and its row in the history are one transaction instead");
		}
		return new FlywayRun(this.bean, this);
	}

	/**
	 * Return what the last inspection has found.
	 */
	Found requireLast() {
		Found known = this.last;
		Assert.state(known != null, "The schema has not been inspected yet");
		return known;
	}

	/**
	 * Return what is pending now.
	 */
	Comparison compareNow() throws Exception {
		try (Connection connection = this.connections.openStateless()) {
			return compare(connection);
		}
	}

	@Override
	public @Nullable Diagnosis diagnose(Throwable failure, Phase phase, Login login) {
		FlywayTables known = knownTables();
		String history = (known != null) ? known.history() : "the history table";
		return (phase == Phase.INSPECTION) ? FlywayFailures.ofRead(failure, this.connections.describe(), history, login)
				: FlywayFailures.ofRun(failure, login);
	}

	/**
	 * What an inspection has found.
	 *
	 * @param tables the tables
	 * @param history the history
	 * @param migrations what Flyway knows of code and history
	 * @param comparison the comparison of both
	 */
	record Found(FlywayTables tables, FlywayHistory history, Migrations migrations, Comparison comparison) {
	}

	/**
	 * The same migrations in other schemas.
	 */
	private final class OtherSchemas implements HistorySearch.Candidates<Found> {

		private final Found here;

		OtherSchemas(Found here) {
			this.here = here;
		}

		@Override
		public SchemaTables tablesIn(String schema) {
			return in(schema).all();
		}

		@Override
		public @Nullable Found read(Connection connection, String schema) throws Exception {
			FlywayHistory history = FlywayHistory.read(connection, in(schema));
			return this.here.migrations().areIn(history) ? compare(connection, in(schema), history) : null;
		}

		private FlywayTables in(String schema) {
			return this.here.tables().in(configuration(), schema);
		}

	}

}
