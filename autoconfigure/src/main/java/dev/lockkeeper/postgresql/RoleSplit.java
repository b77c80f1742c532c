// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

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
	 * What a table can be done with beyond reading and writing its rows, on every version
	 * of PostgreSQL.
	 */
	static final List<String> EXCESS = List.of("TRIGGER", "TRUNCATE", "REFERENCES");

	/**
	 * Likewise, since PostgreSQL 17.
	 */
	static final String MAINTAIN = "MAINTAIN";

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
		statements.addAll(rights(EXCESS));
		allSchemas().forEach((schema) -> statements.add(maintenance(SqlText.identifier(schema))));
		return statements;
	}

	private String maintenance(String schema) {
		List<String> rights = List.of(MAINTAIN);
		return "DO $lockkeeper$ BEGIN IF current_setting('server_version_num')::int >= 170000 THEN %s; %s; END IF; END $lockkeeper$"
			.formatted(noMore(rights, schema), noMoreByDefault(rights, schema));
	}

	private static String createdUnlessThere(String role, String option) {
		return "DO $lockkeeper$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = %s) THEN %s; END IF; END $lockkeeper$"
			.formatted(SqlText.literal(role), created(role, option));
	}

	static String created(String role, String option) {
		return "CREATE ROLE %s %s".formatted(SqlText.identifier(role), option);
	}

	/**
	 * Return the statements that give and take the rights of roles that are there.
	 * @param excess the rights on tables that the application must not have
	 */
	List<String> rights(List<String> excess) {
		List<String> statements = new ArrayList<>();
		if (this.login != null && !this.login.equals(this.application)) {
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
			statements.add(noMore(excess, name));
			statements.addAll(defaults(schema, Set.of()));
			statements.add(noMoreByDefault(excess, name));
		}
		return statements;
	}

	Set<String> allSchemas() {
		Set<String> all = new LinkedHashSet<>(this.schemas);
		if (this.historySchema != null) {
			all.add(this.historySchema);
		}
		return all;
	}

	boolean isWritten(String schema) {
		return this.schemas.contains(schema);
	}

	private String rightsIn(String schema) {
		return isWritten(schema) ? WRITES : READS;
	}

	String quotedOwner() {
		return SqlText.identifier(this.owner);
	}

	String quotedApplication() {
		return SqlText.identifier(this.application);
	}

	String membership(String member) {
		return "GRANT %s TO %s".formatted(quotedOwner(), SqlText.identifier(member));
	}

	String creation(String schema) {
		return "GRANT USAGE, CREATE ON SCHEMA %s TO %s".formatted(schema, quotedOwner());
	}

	String use(String schema) {
		return "GRANT USAGE ON SCHEMA %s TO %s".formatted(schema, quotedApplication());
	}

	String onAll(String rights, String kind, String schema) {
		return "GRANT %s ON ALL %s IN SCHEMA %s TO %s".formatted(rights, kind, schema, quotedApplication());
	}

	private String noMore(List<String> rights, String schema) {
		return "REVOKE %s ON ALL TABLES IN SCHEMA %s FROM PUBLIC, %s".formatted(String.join(", ", rights), schema,
				quotedApplication());
	}

	private String noMoreByDefault(List<String> rights, String schema) {
		return "ALTER DEFAULT PRIVILEGES FOR ROLE %s IN SCHEMA %s REVOKE %s ON TABLES FROM PUBLIC, %s"
			.formatted(quotedOwner(), schema, String.join(", ", rights), quotedApplication());
	}

	List<String> defaults(String schema, Set<String> there) {
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
	 * Find what is missing for the split.
	 * @param connection a connection in auto-commit mode, of any login
	 * @return the statements, to be executed by a superuser; none when the split is made
	 * @throws SQLException when the server does not answer, or does not show its catalog
	 */
	public Missing findMissing(Connection connection) throws SQLException {
		return new RoleSplitSearch(this, new Catalog(connection)).find();
	}

	List<String> roles() {
		List<String> roles = new ArrayList<>(List.of(this.owner));
		if (this.login != null) {
			roles.add(this.login);
		}
		roles.add(this.application);
		return roles;
	}

	/**
	 * What is missing for a split.
	 *
	 * @param roles the roles that do not exist
	 * @param statements the statements that mend it
	 * @param byOwner whether the owner itself may execute all of them
	 */
	public record Missing(List<String> roles, List<String> statements, boolean byOwner) {
	}

}
