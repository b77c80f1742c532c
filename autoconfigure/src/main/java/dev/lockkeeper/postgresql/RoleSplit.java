// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

import org.jspecify.annotations.Nullable;

/**
 * The split of a database between two roles: one owns what a migration creates, the other
 * one is that of the application, which reads and writes it and can change none of it.
 * Names are those of the catalog.
 *
 * @param owner the role that owns what is created
 * @param login the login that takes the owner on; {@code null} when the owner logs in
 * @param application the role of the application
 * @param schemas the schemas whose tables the application reads and writes
 * @param historySchema the schema of the tables that the application only has to read
 * @param records these tables, qualified, as SQL writes them; some may not be there yet
 * @since 0.1.0
 */
public record RoleSplit(String owner, @Nullable String login, String application, List<String> schemas,
		@Nullable String historySchema, List<String> records) {

	private static final String WRITES = "SELECT, INSERT, UPDATE, DELETE";

	private static final String READS = "SELECT";

	/**
	 * How many tables a statement names.
	 */
	private static final int NAMED = 10;

	private static final String ROLES = "SELECT r.rolname, r.rolsuper FROM pg_catalog.pg_roles r "
			+ "WHERE r.rolname = ANY (?)";

	private static final String OWNERS_OF_ROLE = "SELECT quote_ident(g.rolname) FROM pg_catalog.pg_auth_members m "
			+ "JOIN pg_catalog.pg_roles g ON g.oid = m.roleid JOIN pg_catalog.pg_roles a ON a.oid = m.member "
			+ "JOIN pg_catalog.pg_roles o ON o.rolname = ? WHERE a.rolname = ? AND pg_has_role(g.oid, o.oid, 'MEMBER') "
			+ "ORDER BY 1";

	private static final String MEMBER = "SELECT pg_has_role(l.oid, o.oid, 'MEMBER') FROM pg_catalog.pg_roles l, "
			+ "pg_catalog.pg_roles o WHERE l.rolname = ? AND o.rolname = ?";

	private static final String SCHEMA = "SELECT n.nspname, has_schema_privilege(o.oid, n.oid, 'USAGE') "
			+ "AND has_schema_privilege(o.oid, n.oid, 'CREATE'), has_schema_privilege(a.oid, n.oid, 'USAGE'), "
			+ "pg_has_role(a.oid, n.nspowner, 'USAGE') FROM pg_catalog.pg_namespace n, pg_catalog.pg_roles o, "
			+ "pg_catalog.pg_roles a WHERE o.rolname = ? AND a.rolname = ? AND n.nspname IN (?, lower(?)) "
			+ "ORDER BY n.nspname = ? DESC LIMIT 1";

	private static final String CREATORS = "SELECT DISTINCT CASE WHEN x.grantee = 0 THEN 'PUBLIC' "
			+ "ELSE quote_ident(pg_get_userbyid(x.grantee)) END FROM pg_catalog.pg_roles a, %s, LATERAL aclexplode(%s) x "
			+ "WHERE a.rolname = ? AND %s AND x.privilege_type = 'CREATE' AND x.grantee <> %s "
			+ "AND (x.grantee = 0 OR pg_has_role(a.oid, x.grantee, 'USAGE')) ORDER BY 1";

	private static final String CREATORS_IN_SCHEMA = CREATORS.formatted("pg_catalog.pg_namespace n",
			"coalesce(n.nspacl, acldefault('n', n.nspowner))", "n.nspname = ?", "n.nspowner");

	private static final String CREATORS_IN_DATABASE = CREATORS.formatted("pg_catalog.pg_database d",
			"coalesce(d.datacl, acldefault('d', d.datdba))", "d.datname = ?", "d.datdba");

	private static final String DATABASE = "SELECT d.datname, pg_has_role(a.oid, d.datdba, 'USAGE') "
			+ "FROM pg_catalog.pg_database d, pg_catalog.pg_roles a "
			+ "WHERE a.rolname = ? AND d.datname = current_database()";

	// What an extension has created is not the application's
	private static final String TABLES = "SELECT quote_ident(n.nspname), quote_ident(n.nspname) || '.' "
			+ "|| quote_ident(c.relname), CASE WHEN c.relkind = 'S' THEN 'USAGE' WHEN c.relkind IN ('v', 'm') "
			+ "OR t.name IS NOT NULL THEN 'SELECT' ELSE 'SELECT, INSERT, UPDATE, DELETE' END, "
			+ "pg_has_role(a.oid, c.relowner, 'USAGE'), CASE WHEN c.relkind = 'S' "
			+ "THEN has_sequence_privilege(a.oid, c.oid, 'USAGE, UPDATE') WHEN c.relkind IN ('v', 'm') "
			+ "OR t.name IS NOT NULL THEN has_table_privilege(a.oid, c.oid, 'SELECT') "
			+ "ELSE has_table_privilege(a.oid, c.oid, 'SELECT') AND has_table_privilege(a.oid, c.oid, 'INSERT') "
			+ "AND has_table_privilege(a.oid, c.oid, 'UPDATE') AND has_table_privilege(a.oid, c.oid, 'DELETE') END "
			+ "FROM pg_catalog.pg_roles a, pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n "
			+ "ON n.oid = c.relnamespace LEFT JOIN unnest(?) t(name) ON n.nspname = (parse_ident(t.name))[1] "
			+ "AND c.relname = (parse_ident(t.name))[2] WHERE a.rolname = ? AND (n.nspname = ANY (?) "
			+ "OR t.name IS NOT NULL) AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND NOT EXISTS (SELECT 1 "
			+ "FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid "
			+ "AND (d.deptype = 'e' OR (d.deptype = 'i' AND c.relkind = 'S'))) ORDER BY 2";

	private static final String DEFAULTS = "SELECT n.nspname, CASE p.defaclobjtype WHEN 'S' THEN 'sequences ' "
			+ "ELSE 'tables ' END || x.privilege_type FROM pg_catalog.pg_roles a, pg_catalog.pg_default_acl p "
			+ "JOIN pg_catalog.pg_roles o ON o.oid = p.defaclrole LEFT JOIN pg_catalog.pg_namespace n "
			+ "ON n.oid = p.defaclnamespace, LATERAL aclexplode(p.defaclacl) x WHERE a.rolname = ? AND o.rolname = ? "
			+ "AND p.defaclobjtype IN ('r', 'S') AND (x.grantee = 0 OR pg_has_role(a.oid, x.grantee, 'USAGE'))";

	// Their members have rights on everything that there is and that comes
	private static final String ON_EVERYTHING = "SELECT count(*) = 2 FROM pg_catalog.pg_roles a, "
			+ "pg_catalog.pg_roles e WHERE a.rolname = ? AND e.rolname IN ('pg_read_all_data', 'pg_write_all_data') "
			+ "AND pg_has_role(a.oid, e.oid, 'USAGE')";

	/**
	 * Return the statements that make the split, whatever is there: each can be executed
	 * again, by a superuser.
	 * @return the statements
	 */
	public List<String> toStatements() {
		List<String> statements = new ArrayList<>();
		statements.add(createdUnlessThere(this.owner, (this.login != null) ? "NOLOGIN" : "LOGIN"));
		if (this.login != null) {
			statements.add(createdUnlessThere(this.login, "LOGIN"));
		}
		statements.add(createdUnlessThere(this.application, "LOGIN"));
		statements.addAll(rights());
		return statements;
	}

	private static String createdUnlessThere(String role, String option) {
		return "DO $lockkeeper$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = %s) THEN %s; END IF; END $lockkeeper$"
			.formatted(SqlText.literal(role), created(role, option));
	}

	private static String created(String role, String option) {
		return "CREATE ROLE %s %s".formatted(SqlText.identifier(role), option);
	}

	private List<String> rights() {
		List<String> statements = new ArrayList<>();
		if (this.login != null) {
			statements.add(membership(this.login));
		}
		for (String schema : allSchemas()) {
			String name = SqlText.identifier(schema);
			if (!schema.equals("public")) {
				statements.add("CREATE SCHEMA IF NOT EXISTS %s AUTHORIZATION %s".formatted(name, quotedOwner()));
			}
			statements.add(creation(name));
			statements.add("REVOKE CREATE ON SCHEMA %s FROM PUBLIC, %s".formatted(name, quotedApplication()));
			statements.add(use(name));
			statements.add(onAll(rightsIn(schema), "TABLES", name));
			if (isWritten(schema)) {
				statements.add(onAll("USAGE", "SEQUENCES", name));
			}
			statements.addAll(defaults(schema, Set.of()));
		}
		return statements;
	}

	private Set<String> allSchemas() {
		Set<String> all = new LinkedHashSet<>(this.schemas);
		if (this.historySchema != null) {
			all.add(this.historySchema);
		}
		return all;
	}

	private boolean isWritten(String schema) {
		return this.schemas.contains(schema);
	}

	private String rightsIn(String schema) {
		return isWritten(schema) ? WRITES : READS;
	}

	private String quotedOwner() {
		return SqlText.identifier(this.owner);
	}

	private String quotedApplication() {
		return SqlText.identifier(this.application);
	}

	private String membership(String member) {
		return "GRANT %s TO %s".formatted(quotedOwner(), SqlText.identifier(member));
	}

	private String creation(String schema) {
		return "GRANT USAGE, CREATE ON SCHEMA %s TO %s".formatted(schema, quotedOwner());
	}

	private String use(String schema) {
		return "GRANT USAGE ON SCHEMA %s TO %s".formatted(schema, quotedApplication());
	}

	private String onAll(String rights, String kind, String schema) {
		return "GRANT %s ON ALL %s IN SCHEMA %s TO %s".formatted(rights, kind, schema, quotedApplication());
	}

	private List<String> defaults(String schema, Set<String> there) {
		List<String> statements = new ArrayList<>();
		if (!there.containsAll(List.of(("tables " + rightsIn(schema).replace(", ", ",tables ")).split(",")))) {
			statements.add(byDefault(schema, rightsIn(schema), "TABLES"));
		}
		if (isWritten(schema) && !there.contains("sequences USAGE")) {
			statements.add(byDefault(schema, "USAGE", "SEQUENCES"));
		}
		return statements;
	}

	private String byDefault(String schema, String rights, String kind) {
		return "ALTER DEFAULT PRIVILEGES FOR ROLE %s IN SCHEMA %s GRANT %s ON %s TO %s".formatted(quotedOwner(),
				SqlText.identifier(schema), rights, kind, quotedApplication());
	}

	/**
	 * Find the statements that are missing for the split. They are those of
	 * {@link #toStatements()} where the catalog does not show what is missing: when a
	 * role does not exist, or the application has the rights of the owner.
	 * @param connection a connection in auto-commit mode, of any login
	 * @return the statements, to be executed by a superuser; empty when the split is made
	 * @throws SQLException when the server does not answer, or does not show its catalog
	 */
	public List<String> findMissing(Connection connection) throws SQLException {
		Catalog catalog = new Catalog(connection);
		List<String> first = new ArrayList<>();
		Map<String, Boolean> roles = catalog.superusers(ROLES, roles());
		for (String role : roles()) {
			if (!roles.containsKey(role)) {
				first.add(created(role, role.equals(this.owner) && this.login != null ? "NOLOGIN" : "LOGIN"));
			}
		}
		if (first.isEmpty() && Boolean.TRUE.equals(roles.get(this.application))) {
			first.add("ALTER ROLE %s NOSUPERUSER".formatted(quotedApplication()));
		}
		if (first.isEmpty()) {
			for (String role : catalog.list(OWNERS_OF_ROLE, this.owner, this.application)) {
				first.add("REVOKE %s FROM %s".formatted(role, quotedApplication()));
			}
		}
		if (!first.isEmpty()) {
			first.addAll(rights());
			return first;
		}
		return new Search(catalog).find();
	}

	private List<String> roles() {
		List<String> roles = new ArrayList<>(List.of(this.owner));
		if (this.login != null) {
			roles.add(this.login);
		}
		roles.add(this.application);
		return roles;
	}

	/**
	 * Finds what is missing of the rights of roles that exist.
	 */
	private final class Search {

		private final Catalog catalog;

		private final List<String> statements = new ArrayList<>();

		Search(Catalog catalog) {
			this.catalog = catalog;
		}

		List<String> find() throws SQLException {
			String member = RoleSplit.this.login;
			if (member != null && !this.catalog.is(MEMBER, member, RoleSplit.this.owner)) {
				this.statements.add(membership(member));
			}
			database();
			Map<String, String> found = new LinkedHashMap<>();
			for (String schema : allSchemas()) {
				String name = schema(schema);
				if (name != null) {
					found.put(name, schema);
				}
			}
			tables(found);
			defaults(found);
			return this.statements;
		}

		private void database() throws SQLException {
			for (Row row : this.catalog.rows(DATABASE, RoleSplit.this.application)) {
				String name = SqlText.identifier(row.text(1));
				if (row.is(2)) {
					this.statements.add("ALTER DATABASE %s OWNER TO %s".formatted(name, quotedOwner()));
				}
				for (String grantee : this.catalog.list(CREATORS_IN_DATABASE, RoleSplit.this.application,
						row.text(1))) {
					this.statements.add("REVOKE CREATE ON DATABASE %s FROM %s".formatted(name, grantee));
				}
			}
		}

		private @Nullable String schema(String schema) throws SQLException {
			for (Row row : this.catalog.rows(SCHEMA, RoleSplit.this.owner, RoleSplit.this.application, schema, schema,
					schema)) {
				String name = SqlText.identifier(row.text(1));
				if (row.is(4)) {
					this.statements.add("ALTER SCHEMA %s OWNER TO %s".formatted(name, quotedOwner()));
				}
				if (!row.is(2)) {
					this.statements.add(creation(name));
				}
				for (String grantee : this.catalog.list(CREATORS_IN_SCHEMA, RoleSplit.this.application, row.text(1))) {
					this.statements.add("REVOKE CREATE ON SCHEMA %s FROM %s".formatted(name, grantee));
				}
				if (!row.is(3)) {
					this.statements.add(use(name));
				}
				return row.text(1);
			}
			String name = SqlText.identifier(schema);
			this.statements.add("CREATE SCHEMA %s AUTHORIZATION %s".formatted(name, quotedOwner()));
			this.statements.add(use(name));
			this.statements.addAll(RoleSplit.this.defaults(schema, Set.of()));
			return null;
		}

		private void tables(Map<String, String> found) throws SQLException {
			List<String> written = found.entrySet()
				.stream()
				.filter((schema) -> isWritten(schema.getValue()))
				.map(Map.Entry::getKey)
				.toList();
			Map<String, List<Row>> lacking = new LinkedHashMap<>();
			for (Row row : this.catalog.rows(TABLES, RoleSplit.this.records, RoleSplit.this.application, written)) {
				if (row.is(4)) {
					this.statements.add("ALTER TABLE %s OWNER TO %s".formatted(row.text(2), quotedOwner()));
				}
				if (row.is(4) || !row.is(5)) {
					lacking.computeIfAbsent(row.text(3), (rights) -> new ArrayList<>()).add(row);
				}
			}
			lacking.forEach(this::grant);
		}

		private void grant(String rights, List<Row> rows) {
			boolean sequences = rights.equals("USAGE");
			if (rows.size() <= NAMED) {
				this.statements.add("GRANT %s ON %s%s TO %s".formatted(rights, sequences ? "SEQUENCE " : "",
						String.join(", ", rows.stream().map((row) -> row.text(2)).toList()), quotedApplication()));
				return;
			}
			for (String schema : new TreeSet<>(rows.stream().map((row) -> row.text(1)).toList())) {
				this.statements.add(onAll(rights, sequences ? "SEQUENCES" : "TABLES", schema));
			}
		}

		private void defaults(Map<String, String> found) throws SQLException {
			if (this.catalog.is(ON_EVERYTHING, RoleSplit.this.application)) {
				return;
			}
			List<Row> rows = this.catalog.rows(DEFAULTS, RoleSplit.this.application, RoleSplit.this.owner);
			found.forEach((name, schema) -> {
				Set<String> there = new TreeSet<>();
				rows.stream()
					.filter((row) -> row.texts().get(0) == null || name.equals(row.texts().get(0)))
					.forEach((row) -> there.add(row.text(2)));
				this.statements.addAll(RoleSplit.this.defaults(schema, there));
			});
		}

	}

	/**
	 * The catalog of the server.
	 *
	 * @param connection a connection
	 */
	private record Catalog(Connection connection) {

		List<Row> rows(String sql, Object... parameters) throws SQLException {
			List<Row> rows = new ArrayList<>();
			try (PreparedStatement statement = this.connection.prepareStatement(sql)) {
				for (int i = 0; i < parameters.length; i++) {
					if (parameters[i] instanceof List<?> names) {
						Array array = this.connection.createArrayOf("text", names.toArray());
						statement.setArray(i + 1, array);
					}
					else {
						statement.setString(i + 1, String.valueOf(parameters[i]));
					}
				}
				try (ResultSet found = statement.executeQuery()) {
					int columns = found.getMetaData().getColumnCount();
					while (found.next()) {
						List<@Nullable String> texts = new ArrayList<>();
						for (int i = 1; i <= columns; i++) {
							texts.add(found.getString(i));
						}
						rows.add(new Row(texts));
					}
				}
			}
			return rows;
		}

		List<String> list(String sql, Object... parameters) throws SQLException {
			return rows(sql, parameters).stream().map((row) -> row.text(1)).toList();
		}

		boolean is(String sql, Object... parameters) throws SQLException {
			return rows(sql, parameters).stream().anyMatch((row) -> row.is(1));
		}

		Map<String, Boolean> superusers(String sql, List<String> roles) throws SQLException {
			Map<String, Boolean> found = new LinkedHashMap<>();
			rows(sql, roles).forEach((row) -> found.put(row.text(1), row.is(2)));
			return found;
		}

	}

	/**
	 * A row of an answer.
	 *
	 * @param texts its columns
	 */
	private record Row(List<@Nullable String> texts) {

		String text(int column) {
			return String.valueOf(this.texts.get(column - 1));
		}

		boolean is(int column) {
			return "t".equals(this.texts.get(column - 1));
		}

	}

}
