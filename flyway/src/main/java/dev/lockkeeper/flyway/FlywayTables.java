// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

import dev.lockkeeper.database.ConnectedDatabase;
import dev.lockkeeper.engine.ConfiguredSchemas;
import dev.lockkeeper.engine.SchemaTables;
import org.flywaydb.core.api.configuration.Configuration;
import org.jspecify.annotations.Nullable;

import org.springframework.util.StringUtils;

/**
 * The tables of one governed bean, qualified and quoted as Flyway writes them.
 *
 * @param all all of them
 * @param quote what the database quotes an identifier with
 */
record FlywayTables(SchemaTables all, String quote) {

	/**
	 * Find the tables. Flyway takes the schema from its settings, or from the connection.
	 */
	static FlywayTables find(Configuration configuration, Connection connection) throws SQLException {
		String schema = findSchema(configuration);
		return in((schema != null) ? schema : currentSchema(configuration, connection), configuration.getTable(),
				connection.getMetaData().getIdentifierQuoteString());
	}

	/**
	 * Return whether the settings leave it to the connection in which schema the history
	 * is.
	 */
	static boolean isSchemaUnset(Configuration configuration) {
		return findSchema(configuration) == null;
	}

	/**
	 * Return the schemas that the settings name. Flyway creates in the first one what a
	 * migration names without a schema.
	 */
	static ConfiguredSchemas configured(Configuration configuration) {
		String first = findSchema(configuration);
		Set<String> changed = new LinkedHashSet<>();
		if (first != null) {
			changed.add(first);
		}
		changed.addAll(List.of(configuration.getSchemas()));
		return new ConfiguredSchemas(List.copyOf(changed), first);
	}

	private static @Nullable String findSchema(Configuration configuration) {
		if (StringUtils.hasText(configuration.getDefaultSchema())) {
			return configuration.getDefaultSchema();
		}
		String[] schemas = configuration.getSchemas();
		return (schemas.length > 0) ? schemas[0] : null;
	}

	private static @Nullable String currentSchema(Configuration configuration, Connection connection)
			throws SQLException {
		if (!ConnectedDatabase.of(connection).hasTransactionalDdl()) {
			String schema = connection.getSchema();
			return (schema != null) ? schema : connection.getCatalog();
		}
		// What Flyway executes first on each of its connections may set the search path
		String before = configuration.getInitSql();
		String query = "SELECT current_schema()";
		return StringUtils.hasText(before) ? readLast(connection, before + "\n;" + query) : readLast(connection, query);
	}

	private static @Nullable String readLast(Connection connection, String sql) throws SQLException {
		String last = null;
		try (Statement statement = connection.createStatement()) {
			boolean rows = statement.execute(sql);
			while (rows || statement.getUpdateCount() != -1) {
				if (rows) {
					ResultSet result = statement.getResultSet();
					last = result.next() ? result.getString(1) : null;
				}
				rows = statement.getMoreResults();
			}
		}
		return last;
	}

	private static FlywayTables in(@Nullable String schema, String table, String quote) {
		String leaseName = (((schema != null) ? schema + "." : "") + table).toLowerCase(Locale.ROOT);
		return new FlywayTables(SchemaTables.of(schema, qualified(schema, table, quote), List.of(), leaseName,
				(name) -> qualified(schema, name, quote)), quote);
	}

	private static String qualified(@Nullable String schema, String table, String quote) {
		return ((schema != null) ? quoted(schema, quote) + "." : "") + quoted(table, quote);
	}

	private static String quoted(String identifier, String quote) {
		return quote + identifier.replace(quote, quote + quote) + quote;
	}

	/**
	 * Return the tables as they would be in another schema.
	 */
	FlywayTables in(Configuration configuration, String schema) {
		return in(schema, configuration.getTable(), this.quote);
	}

	String quoted(String identifier) {
		return quoted(identifier, this.quote);
	}

	@Nullable String schema() {
		return this.all.schema();
	}

	String history() {
		return this.all.history();
	}

}
