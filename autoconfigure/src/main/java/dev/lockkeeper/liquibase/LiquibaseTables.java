// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.util.List;
import java.util.Locale;

import liquibase.database.Database;
import org.jspecify.annotations.Nullable;

/**
 * The tables of one governed bean, qualified and quoted as Liquibase writes them.
 *
 * @param schema the schema in which all of them are, as Liquibase names it; {@code null}
 * when the connection had no schema
 * @param history the history of change sets
 * @param lock Liquibase's own lock table
 * @param lease the table of our leases, in the same schema
 * @param levels the table of the levels that were reached, likewise
 * @param intents the table of what was begun outside of a transaction, likewise
 * @param runs the table of the runs, likewise
 * @param leaseName the name of the lease: one for each lock table
 */
record LiquibaseTables(@Nullable String schema, String history, String lock, String lease, String levels,
		String intents, String runs, String leaseName) {

	static final String LEASE_TABLE = "lockkeeper_lock";

	private static final String LEVEL_TABLE = "lockkeeper_level";

	private static final String INTENT_TABLE = "lockkeeper_intent";

	private static final String RUN_TABLE = "lockkeeper_run";

	/**
	 * The tables, beside the history, that show where a migrator works.
	 */
	static final List<String> OF_MIGRATOR = List.of(LEASE_TABLE, RUN_TABLE);

	static LiquibaseTables of(Database database) {
		return in(database, database.getLiquibaseSchemaName());
	}

	/**
	 * Return the tables as they would be in another schema.
	 */
	static LiquibaseTables in(Database database, @Nullable String schema) {
		String lock = database.getDatabaseChangeLogLockTableName();
		String leaseName = ((schema != null) ? schema + "." : "") + lock;
		return new LiquibaseTables(schema, escape(database, schema, database.getDatabaseChangeLogTableName()),
				escape(database, schema, lock), escape(database, schema, LEASE_TABLE),
				escape(database, schema, LEVEL_TABLE), escape(database, schema, INTENT_TABLE),
				escape(database, schema, RUN_TABLE), leaseName.toLowerCase(Locale.ROOT));
	}

	/**
	 * Return all of them that are tables, the history first.
	 */
	List<String> all() {
		return List.of(this.history, this.lock, this.lease, this.levels, this.intents, this.runs);
	}

	private static String escape(Database database, @Nullable String schema, String table) {
		return database.escapeTableName(database.getLiquibaseCatalogName(), schema, table);
	}

}
