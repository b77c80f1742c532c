// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

/**
 * The search path of one session: where PostgreSQL finds what is named without a schema.
 *
 * @param setting the search path as it is set
 * @param role the role for which {@code "$user"} stands
 * @param schemas the schemas of it that exist and that the role may use, in their order;
 * the first one is the current schema
 * @param chosen whether the connection itself has set the path: by its URL, its
 * properties or an initial statement
 * @since 0.1.0
 */
public record SearchPath(String setting, String role, List<String> schemas, boolean chosen) {

	private static final String READ = "SELECT current_setting('search_path'), current_user, current_schemas(false), "
			+ "(SELECT source IN ('client', 'session') FROM pg_settings WHERE name = 'search_path')";

	private static final String EXISTING = "SELECT nspname FROM pg_namespace WHERE nspname = ANY (?)";

	private static final String EXISTS = "SELECT to_regnamespace(?) IS NOT NULL";

	private static final String FOREIGN = "SELECT relowner <> (SELECT oid FROM pg_roles WHERE rolname = current_user) "
			+ "FROM pg_class WHERE oid = to_regclass(?)";

	private static final String SCHEMAS_OF_OTHERS = "SELECT DISTINCT n.nspname FROM pg_class c JOIN pg_namespace n "
			+ "ON n.oid = c.relnamespace WHERE c.relname = ANY (?) AND has_schema_privilege(n.oid, 'USAGE') "
			+ "AND c.relowner <> (SELECT oid FROM pg_roles WHERE rolname = current_user) ORDER BY 1";

	/**
	 * Read the search path of a session.
	 * @param connection a connection to PostgreSQL in auto-commit mode
	 * @return the search path
	 * @throws SQLException when the server does not answer, or does not show it to this
	 * role
	 */
	public static SearchPath read(Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(READ)) {
			rows.next();
			List<String> schemas = List.of((String[]) rows.getArray(3).getArray());
			return new SearchPath(rows.getString(1), rows.getString(2), schemas, rows.getBoolean(4));
		}
	}

	/**
	 * Set the search path of a session.
	 * @param connection a connection to PostgreSQL
	 * @param schemas the names of the schemas, as the catalog has them
	 * @throws SQLException when the server refuses
	 */
	public static void set(Connection connection, List<String> schemas) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement("SELECT set_config('search_path', ?, false)")) {
			statement.setString(1, schemas.stream().map(SqlText::identifier).collect(Collectors.joining(", ")));
			statement.executeQuery().close();
		}
	}

	/**
	 * Return whether a schema exists, also when this role may not use it.
	 * @param connection a connection to PostgreSQL
	 * @param identifier the schema, as SQL writes it
	 * @return whether it exists
	 * @throws SQLException when the server does not answer
	 */
	public static boolean exists(Connection connection, String identifier) throws SQLException {
		return isTrue(connection, EXISTS, identifier);
	}

	/**
	 * Return whether a table exists and belongs to another role than that of this
	 * session.
	 * @param connection a connection to PostgreSQL
	 * @param table the qualified name
	 * @return whether another role owns it
	 * @throws SQLException when the server does not answer
	 */
	public static boolean isOfAnotherRole(Connection connection, String table) throws SQLException {
		return isTrue(connection, FOREIGN, table);
	}

	/**
	 * Find the schemas, in the search path or not, in which other roles own tables of
	 * certain names.
	 * @param connection a connection to PostgreSQL
	 * @param tables the names, as the catalog has them
	 * @return the schemas that this role may use
	 * @throws SQLException when the server does not answer
	 */
	public static List<String> schemasOfOthersWith(Connection connection, List<String> tables) throws SQLException {
		return list(connection, SCHEMAS_OF_OTHERS, tables);
	}

	private static List<String> list(Connection connection, String sql, List<String> names) throws SQLException {
		List<String> found = new ArrayList<>();
		try (PreparedStatement statement = connection.prepareStatement(sql)) {
			statement.setArray(1, connection.createArrayOf("text", names.toArray()));
			try (ResultSet rows = statement.executeQuery()) {
				while (rows.next()) {
					found.add(rows.getString(1));
				}
			}
		}
		return found;
	}

	private static boolean isTrue(Connection connection, String sql, String name) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(sql)) {
			statement.setString(1, name);
			try (ResultSet rows = statement.executeQuery()) {
				return rows.next() && rows.getBoolean(1);
			}
		}
	}

	/**
	 * Return the current schema: the one in which an unqualified table is created.
	 * @return its name, or {@code null} when there is none
	 */
	public @Nullable String current() {
		return this.schemas.isEmpty() ? null : this.schemas.get(0);
	}

	/**
	 * Return the schemas that the path names, whether or not they exist.
	 * @return their names, as the catalog has them
	 */
	public List<String> names() {
		List<String> names = new ArrayList<>();
		StringBuilder entry = new StringBuilder();
		boolean quoted = false;
		for (char next : this.setting.toCharArray()) {
			quoted ^= next == '"';
			if (next == ',' && !quoted) {
				add(names, entry.toString());
				entry.setLength(0);
			}
			else {
				entry.append(next);
			}
		}
		add(names, entry.toString());
		return List.copyOf(names);
	}

	private void add(List<String> names, String entry) {
		if (!entry.isBlank()) {
			String name = SqlText.nameOf(entry.strip());
			if (!name.isEmpty()) {
				names.add("$user".equals(name) ? this.role : name);
			}
		}
	}

	/**
	 * Return those schemas of the path that exist, also when the role may not use them.
	 * @param connection a connection to PostgreSQL
	 * @return their names
	 * @throws SQLException when the server does not answer
	 */
	public List<String> existing(Connection connection) throws SQLException {
		List<String> names = names();
		List<String> existing = list(connection, EXISTING, names);
		return names.stream().filter(existing::contains).toList();
	}

}
