// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway;

import java.sql.Connection;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

import dev.lockkeeper.connection.OwnConnections;
import dev.lockkeeper.database.ConnectedDatabase;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaUnreadableException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.flywaydb.core.api.configuration.Configuration;

/**
 * Lets Flyway create its history, and its schemas, before our own tables are there:
 * Flyway does not migrate a schema that has content but no history, and would take ours
 * for content. It does so as at the beginning of each of its runs, under its own lock,
 * with no migration to execute.
 */
final class FirstHistory {

	private static final Log logger = LogFactory.getLog(FirstHistory.class);

	private final FlywayBean bean;

	private final OwnConnections connections;

	private final FlywayTables tables;

	private final Migrations migrations;

	FirstHistory(FlywayBean bean, OwnConnections connections, FlywayTables tables, Migrations migrations) {
		this.bean = bean;
		this.connections = connections;
		this.tables = tables;
		this.migrations = migrations;
	}

	/**
	 * Create the history.
	 * @throws SchemaUnreadableException when Flyway would not migrate what is there
	 */
	void create() throws Exception {
		boolean onlyOurs = false;
		try (Connection connection = this.connections.openStateless()) {
			if (ConnectedDatabase.of(connection).hasTransactionalDdl()) {
				onlyOurs = judge(SchemaContent.read(connection, schemas()));
			}
		}
		logger.info("lockkeeper - letting Flyway create its history before the tables of Lockkeeper (schema %s)"
			.formatted(this.bean.getName()));
		boolean pretended = onlyOurs;
		this.bean.copy(this.connections.limited(), (configuration) -> {
			configuration.setDefaultSchema(this.tables.schema());
			configuration.setSkipDefaultResolvers(true);
			configuration.setResolvers();
			configuration.setJavaMigrations();
			configuration.setValidateOnMigrate(false);
			configuration.setTargetAsString("latest");
			// Flyway does not look at the content then
			configuration.setSkipExecutingMigrations(pretended || configuration.isSkipExecutingMigrations());
		}).migrate();
	}

	private List<String> schemas() {
		String[] named = configuration().getSchemas();
		String schema = this.tables.schema();
		return (named.length > 0) ? Arrays.asList(named) : (schema != null) ? List.of(schema) : List.of();
	}

	private Configuration configuration() {
		return this.bean.getConfiguration();
	}

	/**
	 * Judge what is in the schemas.
	 * @return whether there is nothing but our own tables
	 */
	private boolean judge(Set<String> content) {
		if (content.isEmpty()) {
			return false;
		}
		if (SchemaContent.isOurs(content)) {
			return true;
		}
		if (SchemaContent.isOfLiquibase(content)) {
			judgeLiquibase();
		}
		return false;
	}

	private void judgeLiquibase() {
		String where = "Database schema %s has tables of Liquibase and no history of Flyway"
			.formatted(this.tables.schema());
		if (!configuration().isBaselineOnMigrate()) {
			throw new SchemaUnreadableException(this.bean.getName(), ExitStatus.CONFIG, null, false,
					where + ": Flyway takes them for content, and does not begin.",
					"Let Flyway begin with its first migration all the same: spring.flyway.baseline-on-migrate=true and "
							+ "spring.flyway.baseline-version=0. Or give it a schema of its own: spring.flyway.schemas.",
					null);
		}
		List<ChangeSetReference> passedOver = this.migrations.upTo(configuration().getBaselineVersion());
		if (!passedOver.isEmpty()) {
			logger.warn(("lockkeeper - %s, and Flyway will never execute what is not above its baseline (schema %s, "
					+ "baseline-version %s: %s); if that is not there yet, stop this process and set "
					+ "spring.flyway.baseline-version=0")
				.formatted(where, this.bean.getName(), configuration().getBaselineVersion(),
						SchemaState.name(passedOver)));
		}
	}

}
