// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.util.List;
import java.util.Locale;

import dev.lockkeeper.engine.SchemaTables;
import liquibase.database.Database;
import org.jspecify.annotations.Nullable;

/**
 * The tables of one governed bean, qualified and quoted as Liquibase writes them.
 *
 * @param all all of them
 * @param lock Liquibase's own lock table
 */
record LiquibaseTables(SchemaTables all, String lock) {

	static LiquibaseTables of(Database database) {
		return in(database, database.getLiquibaseSchemaName());
	}

	/**
	 * Return the tables as they would be in another schema.
	 */
	static LiquibaseTables in(Database database, @Nullable String schema) {
		String name = database.getDatabaseChangeLogLockTableName();
		String leaseName = (((schema != null) ? schema + "." : "") + name).toLowerCase(Locale.ROOT);
		String lock = escape(database, schema, name);
		return new LiquibaseTables(
				SchemaTables.of(schema, escape(database, schema, database.getDatabaseChangeLogTableName()),
						List.of(lock), leaseName, (table) -> escape(database, schema, table)),
				lock);
	}

	@Nullable String schema() {
		return this.all.schema();
	}

	String history() {
		return this.all.history();
	}

	private static String escape(Database database, @Nullable String schema, String table) {
		return database.escapeTableName(database.getLiquibaseCatalogName(), schema, table);
	}

}
