// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * What a role lacks to do something, found in the catalog of the server: the statements
 * that give it to the role, for an owner or an administrator to execute.
 *
 * @since 0.1.0
 */
public final class MissingRights {

	private static final String ROLE = "SELECT quote_ident(current_user), r.rolinherit, "
			+ "current_setting('server_version_num')::int >= 160000, quote_ident(current_database()), "
			+ "has_database_privilege(current_database(), 'CREATE'), current_database() = ? "
			+ "FROM pg_catalog.pg_roles r WHERE r.rolname = current_user";

	private static final String SCHEMAS = "SELECT quote_ident(n.nspname), has_schema_privilege(n.oid, 'USAGE'), "
			+ "has_schema_privilege(n.oid, 'CREATE') FROM pg_catalog.pg_namespace n WHERE n.nspname = "
			+ "(parse_ident(nullif(?, '')))[1] OR n.nspname = ?";

	private static final String TABLE = "SELECT quote_ident(o.rolname), o.rolsuper, "
			+ "pg_has_role(c.relowner, 'MEMBER'), pg_has_role(c.relowner, 'USAGE'), "
			+ "has_schema_privilege(c.relowner, c.relnamespace, 'CREATE'), has_table_privilege(c.oid, 'SELECT'), "
			+ "quote_ident(n.nspname) "
			+ "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
			+ "JOIN pg_catalog.pg_roles o ON o.oid = c.relowner "
			+ "WHERE n.nspname = (parse_ident(?))[1] AND c.relname = (parse_ident(?))[2]";

	private static final String NAMED = "SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) "
			+ "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
			+ "WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND c.relname = ? "
			+ "AND NOT pg_has_role(c.relowner, 'USAGE') AND n.nspname NOT IN ('pg_catalog', 'information_schema') "
			+ "ORDER BY n.nspname <> (parse_ident(?))[1] LIMIT 1";

	/**
	 * How the server ends the first line of a refusal, in English.
	 */
	private static final Pattern REFUSAL = Pattern
		.compile("(?:permission denied for|must be owner of|of) (schema|database|(?:foreign )?table|"
				+ "(?:materialized )?view|sequence|relation) \"?(.+?)\"?$");

	private static final Set<String> NO_TABLES = Set.of("schema", "database");

	private final Connection connection;

	/**
	 * The kind of the object that the server has refused, and its name.
	 */
	private final String kind;

	private final String refused;

	private final String role;

	private final boolean inherits;

	private final boolean grantsInherit;

	private final @Nullable String database;

	private final Set<String> statements = new LinkedHashSet<>();

	private MissingRights(Connection connection, String message) throws SQLException {
		this.connection = connection;
		Matcher refusal = REFUSAL.matcher(message);
		boolean known = refusal.find();
		this.kind = known ? refusal.group(1) : "";
		this.refused = known ? refusal.group(2) : "";
		try (PreparedStatement asking = prepare(ROLE, refused("database")); ResultSet rows = asking.executeQuery()) {
			rows.next();
			this.role = rows.getString(1);
			this.inherits = rows.getBoolean(2);
			this.grantsInherit = rows.getBoolean(3);
			this.database = (!rows.getBoolean(5) && rows.getBoolean(6)) ? rows.getString(4) : null;
		}
	}

	/**
	 * Find what a role lacks for what the server has refused. A role other than that of
	 * the login is one that a change set had taken on: it gets the rights for that
	 * refusal, and for nothing else.
	 * @param connection a connection in auto-commit mode
	 * @param role the role, as SQL writes it
	 * @param toRead whether the history was only to be read, and the tables need not be
	 * used as their owner does
	 * @param tables the tables with their schema, as SQL writes them, the history first;
	 * some may not be there yet
	 * @param message the message of the refusal; the object that an English one names is
	 * checked as well
	 * @return the statements; empty when the catalog shows nothing that is missing
	 * @throws SQLException when the server does not answer, or does not show its catalog
	 */
	public static List<String> find(Connection connection, String role, boolean toRead, List<String> tables,
			String message) throws SQLException {
		connection.setAutoCommit(false);
		try {
			if (!Login.of(connection).role().equals(role)) {
				actAs(role, connection);
				return toChange(connection, tables.get(0), message);
			}
			return toRead ? toRead(connection, tables.get(0)) : toMigrate(connection, tables, message);
		}
		finally {
			connection.rollback();
			connection.setAutoCommit(true);
		}
	}

	// Only for the transaction: behind a pooler the session may serve other clients
	// later
	private static void actAs(String role, Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.execute("SET LOCAL ROLE " + role);
		}
	}

	private static List<String> toRead(Connection connection, String table) throws SQLException {
		MissingRights missing = new MissingRights(connection, "");
		for (Schema schema : missing.schemas(table)) {
			if (!schema.used()) {
				missing.statements.add("GRANT USAGE ON SCHEMA %s TO %s".formatted(schema.name(), missing.role));
			}
		}
		Table found = missing.find(table);
		if (found != null && !found.read()) {
			missing.statements.add("GRANT SELECT ON %s TO %s".formatted(table, missing.role));
		}
		return List.copyOf(missing.statements);
	}

	// To use the tables as their owner does, and to create others beside them
	private static List<String> toMigrate(Connection connection, List<String> tables, String message)
			throws SQLException {
		MissingRights missing = new MissingRights(connection, message);
		List<String> wanted = new ArrayList<>(tables);
		wanted.addAll(missing.named(tables.get(0)));
		return missing.toOwn(wanted, tables.get(0));
	}

	// The refused object is searched for in the schema of a table first
	private static List<String> toChange(Connection connection, String near, String message) throws SQLException {
		MissingRights missing = new MissingRights(connection, message);
		return missing.toOwn(missing.named(near), "");
	}

	private List<String> toOwn(List<String> tables, String history) throws SQLException {
		Set<String> created = new HashSet<>();
		for (String table : tables) {
			Table found = find(table);
			if (found != null && !found.owned()) {
				own(table, found);
				if (!found.ofSuperuser() && found.ownerCreates()) {
					created.add(found.schema());
				}
			}
		}
		for (Schema schema : schemas(history)) {
			if (!(schema.used() && schema.created()) && !created.contains(schema.name())) {
				this.statements.add("GRANT USAGE, CREATE ON SCHEMA %s TO %s".formatted(schema.name(), this.role));
			}
		}
		if (this.statements.isEmpty() && this.database != null) {
			this.statements.add("GRANT CREATE ON DATABASE %s TO %s".formatted(this.database, this.role));
		}
		return List.copyOf(this.statements);
	}

	// Some tables are no reason to make a role a member of a superuser
	private void own(String table, Table found) {
		if (found.ofSuperuser()) {
			this.statements.add("ALTER TABLE %s OWNER TO %s".formatted(table, this.role));
			return;
		}
		String grant = "GRANT %s TO %s".formatted(found.owner(), this.role);
		if (this.inherits && !found.member()) {
			this.statements.add(grant);
		}
		else if (this.grantsInherit) {
			this.statements.add(grant + " WITH INHERIT TRUE");
		}
		else {
			if (!found.member()) {
				this.statements.add(grant);
			}
			this.statements.add("ALTER ROLE %s INHERIT".formatted(this.role));
		}
	}

	private @Nullable Table find(String table) throws SQLException {
		try (PreparedStatement asking = prepare(TABLE, table, table); ResultSet rows = asking.executeQuery()) {
			return rows.next() ? new Table(rows.getString(1), rows.getBoolean(2), rows.getBoolean(3),
					rows.getBoolean(4), rows.getBoolean(5), rows.getBoolean(6), rows.getString(7)) : null;
		}
	}

	private List<String> named(String table) throws SQLException {
		List<String> named = new ArrayList<>();
		if (NO_TABLES.contains(this.kind)) {
			return named;
		}
		try (PreparedStatement asking = prepare(NAMED, this.refused, table); ResultSet rows = asking.executeQuery()) {
			while (rows.next()) {
				named.add(rows.getString(1));
			}
		}
		return named;
	}

	private List<Schema> schemas(String table) throws SQLException {
		List<Schema> schemas = new ArrayList<>();
		try (PreparedStatement asking = prepare(SCHEMAS, table, refused("schema"));
				ResultSet rows = asking.executeQuery()) {
			while (rows.next()) {
				schemas.add(new Schema(rows.getString(1), rows.getBoolean(2), rows.getBoolean(3)));
			}
		}
		return schemas;
	}

	private String refused(String kind) {
		return this.kind.equals(kind) ? this.refused : "";
	}

	private PreparedStatement prepare(String sql, String... parameters) throws SQLException {
		PreparedStatement statement = this.connection.prepareStatement(sql);
		for (int i = 0; i < parameters.length; i++) {
			statement.setString(i + 1, parameters[i]);
		}
		return statement;
	}

	/**
	 * A schema, and what the role may do there.
	 *
	 * @param name the name, as SQL writes it
	 * @param used whether it may use what is there
	 * @param created whether it may create something
	 */
	private record Schema(String name, boolean used, boolean created) {
	}

	/**
	 * A table, and what the role may do with it.
	 *
	 * @param owner the owner, as SQL writes it
	 * @param ofSuperuser whether that is a superuser
	 * @param member whether the role is a member of the owner
	 * @param owned whether it has the rights of the owner
	 * @param ownerCreates whether the owner may create tables beside it
	 * @param read whether the role may read it
	 * @param schema its schema, as SQL writes it
	 */
	private record Table(String owner, boolean ofSuperuser, boolean member, boolean owned, boolean ownerCreates,
			boolean read, String schema) {
	}

}
