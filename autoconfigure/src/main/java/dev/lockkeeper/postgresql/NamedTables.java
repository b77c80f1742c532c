// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * The tables that statements create and drop, as far as their beginnings show it. What is
 * temporary does not count.
 *
 * @param created the tables that are created, and are there when all is executed
 * @param dropped the tables that are dropped
 * @since 0.1.0
 */
public record NamedTables(Set<Name> created, Set<Name> dropped) {

	private static final String IDENTIFIER = "(?:\"(?:[^\"]|\"\")+\"|[^\\s\"(,;.]+)";

	private static final String QUALIFIED = IDENTIFIER + "(?:\\." + IDENTIFIER + ")*";

	private static final Pattern CREATE = Pattern
		.compile("(?i)^create (?:unlogged )?table (?:if not exists )?(" + QUALIFIED + ")");

	private static final Pattern DROP = Pattern
		.compile("(?i)^drop table (?:if exists )?(" + QUALIFIED + "(?: ?, ?" + QUALIFIED + ")*)");

	private static final Pattern RENAME = Pattern
		.compile("(?i)^alter table (?:if exists )?(?:only )?(" + QUALIFIED + ") (?:rename to|set schema) ");

	private static final Pattern ELEMENT = Pattern.compile(IDENTIFIER);

	private static final Pattern PATH = Pattern
		.compile("(?i)^set (?:session |local )?(?:search_path (?:to|=)|search_path=|schema) ?'?(" + IDENTIFIER + ")'?");

	private static final Pattern RESET = Pattern.compile("(?i)^reset (?:search_path|all)$");

	private static final String EXISTING = "SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
			+ "WHERE n.nspname = ANY (?) AND c.relname = ? AND c.relkind IN ('r', 'p', 'v', 'm', 'f') "
			+ "ORDER BY array_position(?, n.nspname::text) LIMIT 1";

	/**
	 * Find the tables.
	 * @param statements the statements, in the order of their execution
	 * @return the tables
	 */
	public static NamedTables of(List<String> statements) {
		Set<Name> created = new LinkedHashSet<>();
		Set<Name> dropped = new LinkedHashSet<>();
		String schema = null;
		for (String statement : statements) {
			for (String text : SqlText.of(statement).statements()) {
				Matcher path = PATH.matcher(text);
				if (path.find()) {
					schema = SqlText.nameOf(path.group(1).replace("'", ""));
					schema = schema.equals("default") ? null : schema;
				}
				schema = RESET.matcher(text).find() ? null : schema;
				created.addAll(find(CREATE.matcher(text), schema));
				Set<Name> gone = find(DROP.matcher(text), schema);
				dropped.addAll(gone);
				created.removeAll(gone);
				created.removeAll(find(RENAME.matcher(text), schema));
			}
		}
		return new NamedTables(created, dropped);
	}

	private static Set<Name> find(Matcher matcher, @Nullable String schema) {
		Set<Name> names = new LinkedHashSet<>();
		if (!matcher.find()) {
			return names;
		}
		for (String qualified : matcher.group(1).split(" ?, ?")) {
			List<String> parts = new ArrayList<>();
			Matcher element = ELEMENT.matcher(qualified);
			while (element.find()) {
				parts.add(SqlText.nameOf(element.group().replace("`", "")));
			}
			int last = parts.size() - 1;
			names.add(new Name((last > 0) ? parts.get(last - 1) : schema, parts.get(last)));
		}
		return names;
	}

	/**
	 * Return whether any table is dropped.
	 * @return whether one is
	 */
	public boolean drops() {
		return !this.dropped.isEmpty();
	}

	/**
	 * Return the tables that are created and do not exist.
	 * @param connection a connection to the database
	 * @param schemas the schemas in which a table is that is named without one
	 * @return their names
	 * @throws SQLException when the server does not answer
	 */
	public List<Name> findAbsent(Connection connection, List<String> schemas) throws SQLException {
		List<Name> absent = new ArrayList<>();
		for (Name table : this.created) {
			if (table.find(connection, schemas) == null) {
				absent.add(table);
			}
		}
		return absent;
	}

	/**
	 * Return the tables that exist and have rows.
	 * @param connection a connection to the database
	 * @param schemas the schemas in which a table is that is named without one
	 * @return the names of those that are created or dropped
	 * @throws SQLException when the server does not answer, or one may not be read
	 */
	public List<Name> findFilled(Connection connection, List<String> schemas) throws SQLException {
		Set<Name> all = new LinkedHashSet<>(this.created);
		all.addAll(this.dropped);
		List<Name> filled = new ArrayList<>();
		for (Name table : all) {
			Name found = table.find(connection, schemas);
			if (found != null && found.hasRows(connection)) {
				filled.add(table);
			}
		}
		return filled;
	}

	/**
	 * The name of a table.
	 *
	 * @param schema the schema; {@code null} for one of the search path
	 * @param table the name, as the catalog has it
	 */
	public record Name(@Nullable String schema, String table) {

		/**
		 * Find the table.
		 * @return its name with its schema, or {@code null} when it does not exist
		 */
		private @Nullable Name find(Connection connection, List<String> schemas) throws SQLException {
			List<String> places = (this.schema != null) ? List.of(this.schema) : schemas;
			if (!PostgreSql.isServing(connection)) {
				return findListed(connection, places);
			}
			try (PreparedStatement statement = connection.prepareStatement(EXISTING)) {
				statement.setArray(1, connection.createArrayOf("text", places.toArray()));
				statement.setString(2, this.table);
				statement.setArray(3, connection.createArrayOf("text", places.toArray()));
				try (ResultSet rows = statement.executeQuery()) {
					return rows.next() ? new Name(rows.getString(1), this.table) : null;
				}
			}
		}

		// Other databases fold names in other ways, or not at all
		private @Nullable Name findListed(Connection connection, List<String> places) throws SQLException {
			try (ResultSet tables = connection.getMetaData()
				.getTables(connection.getCatalog(), places.isEmpty() ? null : places.get(0), "%", null)) {
				while (tables.next()) {
					String name = tables.getString("TABLE_NAME");
					if (this.table.equalsIgnoreCase(name)) {
						return new Name(this.schema, name);
					}
				}
			}
			return null;
		}

		private boolean hasRows(Connection connection) throws SQLException {
			try (Statement statement = connection.createStatement()) {
				statement.setMaxRows(1);
				try (ResultSet rows = statement.executeQuery("SELECT 1 FROM " + toSql(connection))) {
					return rows.next();
				}
			}
		}

		private String toSql(Connection connection) throws SQLException {
			if (PostgreSql.isServing(connection)) {
				return toSql();
			}
			String quote = connection.getMetaData().getIdentifierQuoteString();
			return ((this.schema != null) ? this.schema + "." : "") + quote + this.table + quote;
		}

		private String toSql() {
			return (this.schema != null)
					? "%s.%s".formatted(SqlText.identifier(this.schema), SqlText.identifier(this.table))
					: SqlText.identifier(this.table);
		}

		@Override
		public String toString() {
			return toSql();
		}

	}

}
