// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What Flyway takes for content of a schema in PostgreSQL: tables, views, sequences,
 * types and functions that belong to no extension.
 */
final class SchemaContent {

	private static final String OWN = "lockkeeper_";

	private static final Set<String> LIQUIBASE = Set.of("databasechangelog", "databasechangeloglock");

	private static final String READ = """
			WITH named AS (SELECT oid FROM pg_namespace WHERE nspname = ANY (?)),
			of_extensions AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e')
			SELECT relname FROM pg_class c WHERE relnamespace IN (SELECT oid FROM named)
				AND relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
				AND NOT EXISTS (SELECT FROM of_extensions e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid)
			UNION
			SELECT typname FROM pg_type t WHERE typnamespace IN (SELECT oid FROM named)
				AND typcategory NOT IN ('A', 'C')
				AND NOT EXISTS (SELECT FROM of_extensions e WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid)
			UNION
			SELECT proname FROM pg_proc p WHERE pronamespace IN (SELECT oid FROM named)
				AND NOT EXISTS (SELECT FROM of_extensions e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid)
			""";

	private SchemaContent() {
	}

	/**
	 * Read the names of what schemas contain.
	 */
	static Set<String> read(Connection connection, List<String> schemas) throws SQLException {
		Set<String> names = new TreeSet<>();
		try (PreparedStatement statement = connection.prepareStatement(READ)) {
			statement.setArray(1, connection.createArrayOf("text", schemas.toArray()));
			try (ResultSet rows = statement.executeQuery()) {
				while (rows.next()) {
					names.add(rows.getString(1));
				}
			}
		}
		return names;
	}

	/**
	 * Return whether there is nothing but our own tables.
	 */
	static boolean isOurs(Collection<String> names) {
		return names.stream().allMatch((name) -> name.startsWith(OWN));
	}

	/**
	 * Return whether Liquibase has been there.
	 */
	static boolean isOfLiquibase(Collection<String> names) {
		return names.stream().anyMatch(LIQUIBASE::contains);
	}

}
