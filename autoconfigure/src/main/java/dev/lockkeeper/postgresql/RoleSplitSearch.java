// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

import dev.lockkeeper.postgresql.Catalog.Row;
import dev.lockkeeper.postgresql.RoleSplit.Missing;

/**
 * Finds in the catalog what the application lacks, and everything with which it could do
 * more than read and write rows: as itself, by what it inherits, and by a role that it
 * may become.
 */
final class RoleSplitSearch {

	/**
	 * How many tables a statement names.
	 */
	private static final int NAMED = 10;

	private static final String SINCE_16 = "current_setting('server_version_num')::int >= 160000";

	// A member may become each of its roles; since PostgreSQL 16 each membership says
	// whether it may, whether it inherits, and whether it may permit both
	private static final String REACHED = "CASE WHEN " + SINCE_16
			+ " THEN 'USAGE, SET, MEMBER WITH ADMIN OPTION' ELSE 'MEMBER' END";

	private static final String ROLES = "SELECT r.rolname, r.rolsuper, r.rolcreaterole FROM pg_catalog.pg_roles r "
			+ "WHERE r.rolname = ANY (?)";

	private static final String MIGRATOR = "SELECT pg_has_role(l.oid, o.oid, CASE WHEN " + SINCE_16
			+ " THEN 'SET' ELSE 'MEMBER' END), pg_has_role(l.oid, o.oid, 'MEMBER') FROM pg_catalog.pg_roles l, "
			+ "pg_catalog.pg_roles o WHERE l.rolname = ? AND o.rolname = ?";

	// What an extension has created is not the application's
	private static final String TABLES_AND_RECORDS = "pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n "
			+ "ON n.oid = c.relnamespace LEFT JOIN unnest(?) t(name) ON n.nspname = (parse_ident(t.name))[1] "
			+ "AND c.relname = (parse_ident(t.name))[2]";

	private static final String COUNTED = " WHERE (n.nspname = ANY (?) OR t.name IS NOT NULL) AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') "
			+ "AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid "
			+ "AND (d.deptype = 'e' OR (d.deptype = 'i' AND c.relkind = 'S'))) ";

	private static final String NAME = "quote_ident(n.nspname) || '.' || quote_ident(c.relname)";

	private static final String GRANTEE = "CASE WHEN x.grantee = 0 THEN 'PUBLIC' "
			+ "ELSE quote_ident(pg_get_userbyid(x.grantee)) END";

	private static final String CREATORS = "aclexplode(coalesce(%1$sacl, acldefault('%2$s', %3$s))) x "
			+ "WHERE x.privilege_type = 'CREATE' AND x.grantee <> %3$s";

	private static final String CREATORS_IN_SCHEMAS = "SELECT n.nspname, x.grantee FROM pg_catalog.pg_namespace n, LATERAL "
			+ CREATORS.formatted("n.nsp", "n", "n.nspowner");

	private static final String CREATORS_IN_DATABASE = "SELECT d.datname, x.grantee FROM pg_catalog.pg_database d, LATERAL "
			+ CREATORS.formatted("d.dat", "d", "d.datdba") + " AND d.datname = current_database()";

	private static final String MAY_CREATE = "SELECT " + GRANTEE + " FROM (%s) x(name, grantee), "
			+ "pg_catalog.pg_roles a WHERE a.rolname = ? AND x.name = ? AND x.grantee IN (0, a.oid) ORDER BY 1";

	// Those predefined roles may change each table, or whatever the server may
	private static final String MEMBERSHIPS = "WITH powers(role) AS (SELECT d.datdba FROM pg_catalog.pg_database d "
			+ "WHERE d.datname = current_database() UNION SELECT s.grantee FROM (" + CREATORS_IN_DATABASE
			+ ") s UNION SELECT n.nspowner FROM pg_catalog.pg_namespace n WHERE n.nspname = ANY (?) "
			+ "UNION SELECT s.grantee FROM (" + CREATORS_IN_SCHEMAS + ") s WHERE s.nspname = ANY (?) "
			+ "UNION SELECT c.relowner FROM " + TABLES_AND_RECORDS + COUNTED + ") SELECT g.rolname, CASE WHEN "
			+ SINCE_16
			+ " AND m.grantor <> 10 THEN ' GRANTED BY ' || quote_ident(pg_get_userbyid(m.grantor)) ELSE '' END, "
			+ "EXISTS (SELECT 1 FROM pg_catalog.pg_roles r WHERE pg_has_role(g.oid, r.oid, " + REACHED
			+ ") AND (r.rolname = ? OR r.rolsuper OR r.rolcreaterole OR r.oid IN (SELECT role FROM powers) "
			+ "OR r.rolname IN ('pg_maintain', 'pg_execute_server_program', 'pg_write_server_files'))) "
			+ "FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles g ON g.oid = m.roleid "
			+ "JOIN pg_catalog.pg_roles a ON a.oid = m.member WHERE a.rolname = ? "
			+ "AND (coalesce((to_jsonb(m) ->> 'set_option')::boolean, true) "
			+ "OR (to_jsonb(m) ->> 'inherit_option')::boolean OR m.admin_option) ORDER BY 1, 2";

	private static final String DATABASE = "SELECT d.datname, d.datdba = a.oid FROM pg_catalog.pg_database d, "
			+ "pg_catalog.pg_roles a WHERE a.rolname = ? AND d.datname = current_database()";

	private static final String SCHEMA = "SELECT n.nspname, has_schema_privilege(o.oid, n.oid, 'USAGE') "
			+ "AND has_schema_privilege(o.oid, n.oid, 'CREATE'), has_schema_privilege(a.oid, n.oid, 'USAGE'), "
			+ "n.nspowner = a.oid, n.nspowner = o.oid FROM pg_catalog.pg_namespace n, pg_catalog.pg_roles a "
			+ "LEFT JOIN pg_catalog.pg_roles o ON o.rolname = ? WHERE a.rolname = ? AND n.nspname = ?";

	private static final String TABLES = "SELECT quote_ident(n.nspname), " + NAME + ", CASE WHEN c.relkind = 'S' "
			+ "THEN 'USAGE' WHEN c.relkind IN ('v', 'm') OR t.name IS NOT NULL THEN 'SELECT' "
			+ "ELSE 'SELECT, INSERT, UPDATE, DELETE' END, c.relowner = a.oid, CASE WHEN c.relkind = 'S' "
			+ "THEN has_sequence_privilege(a.oid, c.oid, 'USAGE, UPDATE') WHEN c.relkind IN ('v', 'm') "
			+ "OR t.name IS NOT NULL THEN has_table_privilege(a.oid, c.oid, 'SELECT') "
			+ "ELSE has_table_privilege(a.oid, c.oid, 'SELECT') AND has_table_privilege(a.oid, c.oid, 'INSERT') "
			+ "AND has_table_privilege(a.oid, c.oid, 'UPDATE') AND has_table_privilege(a.oid, c.oid, 'DELETE') END, "
			+ "c.relowner = o.oid FROM pg_catalog.pg_roles a LEFT JOIN pg_catalog.pg_roles o ON o.rolname = ?, "
			+ TABLES_AND_RECORDS + COUNTED + "AND a.rolname = ? ORDER BY 2";

	// The groups are those that are harmless but for such rights
	private static final String OF_APPLICATION = "(x.grantee IN (0, a.oid) OR EXISTS (SELECT 1 "
			+ "FROM pg_catalog.pg_roles g WHERE g.rolname = ANY (?) AND pg_has_role(g.oid, x.grantee, " + REACHED
			+ "))) AND x.privilege_type NOT IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE') ";

	private static final String EXCESS = "SELECT quote_ident(n.nspname), " + NAME + ", " + GRANTEE
			+ ", x.privilege_type, c.relowner = o.oid, x.grantee IN (0, a.oid) AND n.nspname = ANY (?) "
			+ "FROM pg_catalog.pg_roles a LEFT JOIN pg_catalog.pg_roles o ON o.rolname = ?, " + TABLES_AND_RECORDS
			+ ", LATERAL (SELECT e.grantee, e.privilege_type FROM aclexplode(c.relacl) e UNION "
			+ "SELECT e.grantee, e.privilege_type FROM pg_catalog.pg_attribute k, LATERAL aclexplode(k.attacl) e "
			+ "WHERE k.attrelid = c.oid AND NOT k.attisdropped) x" + COUNTED
			+ "AND a.rolname = ? AND c.relkind <> 'S' AND x.grantee <> c.relowner AND " + OF_APPLICATION
			+ "ORDER BY 3, 1, 2";

	private static final String GIVEN_BY_DEFAULT = " FROM pg_catalog.pg_roles a, pg_catalog.pg_default_acl p "
			+ "JOIN pg_catalog.pg_roles o ON o.oid = p.defaclrole LEFT JOIN pg_catalog.pg_namespace n "
			+ "ON n.oid = p.defaclnamespace, LATERAL aclexplode(p.defaclacl) x WHERE a.rolname = ? AND o.rolname = ? ";

	private static final String DEFAULTS = "SELECT n.nspname, CASE p.defaclobjtype WHEN 'S' THEN 'sequences ' "
			+ "ELSE 'tables ' END || x.privilege_type" + GIVEN_BY_DEFAULT + "AND p.defaclobjtype IN ('r', 'S') "
			+ "AND (x.grantee = 0 OR pg_has_role(a.oid, x.grantee, 'USAGE'))";

	private static final String EXCESS_BY_DEFAULT = "SELECT quote_ident(n.nspname), " + GRANTEE
			+ ", x.privilege_type, x.grantee IN (0, a.oid) AND n.nspname IS NOT NULL" + GIVEN_BY_DEFAULT
			+ "AND p.defaclobjtype = 'r' AND x.grantee <> o.oid AND (n.nspname IS NULL OR n.nspname = ANY (?)) AND "
			+ OF_APPLICATION + "ORDER BY 1 NULLS FIRST, 2";

	// Their members have rights on everything that there is and that comes
	private static final String ON_EVERYTHING = "SELECT count(*) = 2 FROM pg_catalog.pg_roles a, "
			+ "pg_catalog.pg_roles e WHERE a.rolname = ? AND e.rolname IN ('pg_read_all_data', 'pg_write_all_data') "
			+ "AND pg_has_role(a.oid, e.oid, 'USAGE')";

	private final RoleSplit split;

	private final Catalog catalog;

	private final List<String> statements = new ArrayList<>();

	private boolean byOwner = true;

	RoleSplitSearch(RoleSplit split, Catalog catalog) {
		this.split = split;
		this.catalog = catalog;
	}

	Missing find() throws SQLException {
		List<String> absent = new ArrayList<>(this.split.roles());
		for (Row role : this.catalog.rows(ROLES, this.split.roles())) {
			absent.remove(role.text(1));
			if (role.text(1).equals(this.split.application())) {
				attributes(role);
			}
		}
		for (String role : absent) {
			boolean logsIn = this.split.login() == null || !role.equals(this.split.owner());
			add(RoleSplit.created(role, logsIn ? "LOGIN" : "NOLOGIN"));
		}
		List<String> harmless = memberships();
		// Until that is done the catalog does not show what the application lacks
		boolean hidden = !this.statements.isEmpty();
		migrator(hidden);
		database();
		List<String> found = schemas(hidden);
		tables(found, hidden);
		excess(found, harmless, hidden);
		if (hidden) {
			this.statements.addAll(this.split.rights(excess()));
		}
		else {
			defaults(found);
		}
		return new Missing(absent, this.statements, this.byOwner);
	}

	private void add(String statement) {
		this.byOwner = false;
		this.statements.add(statement);
	}

	private void add(String statement, boolean byOwner) {
		this.byOwner &= byOwner;
		this.statements.add(statement);
	}

	private void attributes(Row role) {
		if (role.is(2) || role.is(3)) {
			add("ALTER ROLE %s%s%s".formatted(this.split.quotedApplication(), role.is(2) ? " NOSUPERUSER" : "",
					role.is(3) ? " NOCREATEROLE" : ""));
		}
	}

	/**
	 * Return the roles of which the application is a member and may remain one.
	 */
	private List<String> memberships() throws SQLException {
		List<String> harmless = new ArrayList<>();
		for (Row row : this.catalog.rows(MEMBERSHIPS, allSchemas(), allSchemas(), this.split.records(),
				this.split.schemas(), this.split.owner(), this.split.application())) {
			if (row.is(3)) {
				add("REVOKE %s FROM %s%s".formatted(SqlText.identifier(row.text(1)), this.split.quotedApplication(),
						row.text(2)));
			}
			else {
				harmless.add(row.text(1));
			}
		}
		return harmless;
	}

	private List<String> allSchemas() {
		return List.copyOf(this.split.allSchemas());
	}

	private List<String> excess() throws SQLException {
		List<String> excess = new ArrayList<>(RoleSplit.EXCESS);
		if (this.catalog.is("SELECT current_setting('server_version_num')::int >= 170000")) {
			excess.add(RoleSplit.MAINTAIN);
		}
		return excess;
	}

	private void migrator(boolean hidden) throws SQLException {
		String login = this.split.login();
		if (login == null || hidden || login.equals(this.split.application())) {
			return;
		}
		for (Row row : this.catalog.rows(MIGRATOR, login, this.split.owner())) {
			if (!row.is(1)) {
				add(this.split.membership(login) + (row.is(2) ? " WITH SET TRUE" : ""));
			}
		}
	}

	private void database() throws SQLException {
		for (Row row : this.catalog.rows(DATABASE, this.split.application())) {
			String name = SqlText.identifier(row.text(1));
			if (row.is(2)) {
				add("ALTER DATABASE %s OWNER TO %s".formatted(name, this.split.quotedOwner()));
			}
			for (String grantee : creators(CREATORS_IN_DATABASE, row.text(1))) {
				add("REVOKE CREATE ON DATABASE %s FROM %s".formatted(name, grantee));
			}
		}
	}

	private List<String> creators(String creators, String name) throws SQLException {
		return this.catalog.list(MAY_CREATE.formatted(creators), this.split.application(), name);
	}

	/**
	 * Return those of the schemas that are there.
	 */
	private List<String> schemas(boolean hidden) throws SQLException {
		List<String> found = new ArrayList<>();
		for (String schema : allSchemas()) {
			List<Row> rows = this.catalog.rows(SCHEMA, this.split.owner(), this.split.application(), schema);
			if (!rows.isEmpty()) {
				found.add(schema);
				schema(SqlText.identifier(schema), schema, rows.get(0), hidden);
			}
			else if (!hidden) {
				String name = SqlText.identifier(schema);
				add("CREATE SCHEMA %s AUTHORIZATION %s".formatted(name, this.split.quotedOwner()));
				add(this.split.use(name));
				this.split.defaults(schema, Set.of()).forEach(this::add);
			}
		}
		return found;
	}

	private void schema(String name, String schema, Row row, boolean hidden) throws SQLException {
		if (row.is(4)) {
			add("ALTER SCHEMA %s OWNER TO %s".formatted(name, this.split.quotedOwner()));
		}
		if (hidden) {
			return;
		}
		if (!row.is(2)) {
			add(this.split.creation(name), row.is(5));
		}
		for (String grantee : creators(CREATORS_IN_SCHEMAS, schema)) {
			add("REVOKE CREATE ON SCHEMA %s FROM %s".formatted(name, grantee), row.is(5));
		}
		if (!row.is(3)) {
			add(this.split.use(name), row.is(5));
		}
	}

	private void tables(List<String> found, boolean hidden) throws SQLException {
		List<String> written = found.stream().filter(this.split::isWritten).toList();
		Map<String, List<Row>> lacking = new LinkedHashMap<>();
		for (Row row : this.catalog.rows(TABLES, this.split.owner(), this.split.records(), written,
				this.split.application())) {
			if (row.is(4)) {
				add("ALTER TABLE %s OWNER TO %s".formatted(row.text(2), this.split.quotedOwner()));
			}
			if (!hidden && (row.is(4) || !row.is(5))) {
				lacking.computeIfAbsent(row.text(3), (rights) -> new ArrayList<>()).add(row);
			}
		}
		lacking.forEach(this::grant);
	}

	private void grant(String rights, List<Row> rows) {
		boolean sequences = rights.equals("USAGE");
		boolean owned = rows.stream().allMatch((row) -> row.is(6));
		if (rows.size() <= NAMED) {
			add("GRANT %s ON %s%s TO %s".formatted(rights, sequences ? "SEQUENCE " : "", names(rows, 2),
					this.split.quotedApplication()), owned);
			return;
		}
		for (String schema : new TreeSet<>(rows.stream().map((row) -> row.text(1)).toList())) {
			add(this.split.onAll(rights, sequences ? "SEQUENCES" : "TABLES", schema), owned);
		}
	}

	private static String names(List<Row> rows, int column) {
		return String.join(", ", rows.stream().map((row) -> row.text(column)).distinct().toList());
	}

	private static String rights(List<Row> rows, int column) {
		List<String> order = new ArrayList<>(RoleSplit.EXCESS);
		order.add(RoleSplit.MAINTAIN);
		return String.join(", ",
				rows.stream()
					.map((row) -> row.text(column))
					.distinct()
					.sorted(Comparator.comparingInt(order::indexOf))
					.toList());
	}

	private void excess(List<String> found, List<String> harmless, boolean hidden) throws SQLException {
		Map<List<String>, List<Row>> excess = new LinkedHashMap<>();
		for (Row row : this.catalog.rows(EXCESS, found, this.split.owner(), this.split.records(),
				found.stream().filter(this.split::isWritten).toList(), this.split.application(), harmless)) {
			if (!hidden || !row.is(6)) {
				excess.computeIfAbsent(List.of(row.text(1), row.text(3)), (key) -> new ArrayList<>()).add(row);
			}
		}
		excess.forEach((key, rows) -> {
			boolean named = rows.stream().map((row) -> row.text(2)).distinct().count() <= NAMED;
			add("REVOKE %s ON %s FROM %s".formatted(rights(rows, 4),
					named ? names(rows, 2) : "ALL TABLES IN SCHEMA " + key.get(0), key.get(1)),
					rows.stream().allMatch((row) -> row.is(5)));
		});
		Map<List<String>, List<Row>> byDefault = new LinkedHashMap<>();
		for (Row row : this.catalog.rows(EXCESS_BY_DEFAULT, this.split.application(), this.split.owner(), found,
				harmless)) {
			if (!hidden || !row.is(4)) {
				String where = row.isNull(1) ? "" : " IN SCHEMA " + row.text(1);
				byDefault.computeIfAbsent(List.of(where, row.text(2)), (key) -> new ArrayList<>()).add(row);
			}
		}
		byDefault.forEach((key, rows) -> add("ALTER DEFAULT PRIVILEGES FOR ROLE %s%s REVOKE %s ON TABLES FROM %s"
			.formatted(this.split.quotedOwner(), key.get(0), rights(rows, 3), key.get(1)), true));
	}

	private void defaults(List<String> found) throws SQLException {
		if (this.catalog.is(ON_EVERYTHING, this.split.application())) {
			return;
		}
		List<Row> rows = this.catalog.rows(DEFAULTS, this.split.application(), this.split.owner());
		for (String schema : found) {
			Set<String> there = new HashSet<>();
			rows.stream()
				.filter((row) -> row.isNull(1) || schema.equals(row.text(1)))
				.forEach((row) -> there.add(row.text(2)));
			this.split.defaults(schema, there).forEach((statement) -> add(statement, true));
		}
	}

}
