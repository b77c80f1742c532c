// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Objects;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.testsupport.FullTier;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * A run verifies that the role of the application may read and write the tables, and may
 * change none. Each statement that a message has is executed.
 */
@ExtendWith(OutputCaptureExtension.class)
class AppRoleIT {

	private static final String ONE = "me:one\ncreate table one (id serial primary key, name text);";

	private static final String TWO = "me:two\ncreate table two (id serial primary key, name text);";

	private static final String EXECUTE = "Execute as a superuser";

	@RegisterExtension
	final TwoRoles roles = new TwoRoles();

	@Test
	void aWarningHasTheStatementsAfterWhichTheApplicationReadsAndWritesAndChangesNoTable(CapturedOutput output)
			throws SQLException {
		assertThat(this.roles.migrate(warning(), ONE)).isNull();
		String missing = "lockkeeper - role %s lacks rights, or has too many (schema liquibase)"
			.formatted(this.roles.application);
		String warning = output.getOut().lines().filter((line) -> line.contains(missing)).findFirst().orElseThrow();
		assertThat(warning).contains("WARN");
		execute(warning.substring(warning.indexOf(EXECUTE)));
		int seen = output.getOut().length();

		assertThat(this.roles.migrate(warning(), ONE, TWO)).isNull();
		assertThat(this.roles.migrate(warning(), ONE, TWO)).isNull();
		assertThat(output.getOut().substring(seen)).contains("nothing to do").doesNotContain(EXECUTE);
		try (Connection connection = connect(); Statement statement = connection.createStatement()) {
			for (String table : List.of("one", "two")) {
				statement.execute("INSERT INTO %1$s (name) VALUES ('a'); UPDATE %1$s SET name = 'b'; DELETE FROM %1$s"
					.formatted(table));
			}
			statement.execute("SELECT * FROM databasechangelog, lockkeeper_lock, lockkeeper_run");
			assertThatExceptionOfType(SQLException.class)
				.isThrownBy(() -> statement.execute("CREATE TABLE three (id int)"))
				.withMessageContaining("permission denied for schema public");
			assertThatExceptionOfType(SQLException.class)
				.isThrownBy(() -> statement.execute("ALTER TABLE one ADD COLUMN more int"))
				.withMessageContaining("must be owner of table one");
		}
		this.roles.start(this.roles.application, new String[] { "lockkeeper.mode=defer" },
				(context) -> assertThat(context.getBean(SchemaGate.class).isOpen()).isTrue(), ONE, TWO);
	}

	@Test
	void aRunThatMustVerifyEndsWith77AndTheStatements() {
		LockkeeperException refused = this.roles.migrate(required(), ONE);
		assertThat(refused).isNotNull().extracting(LockkeeperException::getStatus).isEqualTo(ExitStatus.PERMISSION);
		assertThat(this.roles.getDatabase().query("SELECT status || ' ' || code || ' ' || applied FROM lockkeeper_run"))
			.containsExactly("PERMISSION 77 1");
		LockkeeperException again = this.roles.migrate(required(), ONE);
		assertThat(again).as("with nothing to do")
			.isNotNull()
			.extracting(LockkeeperException::getStatus)
			.isEqualTo(ExitStatus.PERMISSION);
		execute(Objects.requireNonNull(again).getAction());
		assertThat(this.roles.migrate(required(), ONE)).isNull();
	}

	@Test
	void anApplicationThatMayDoMoreThanReadAndWriteIsReportedHoweverItMay() throws SQLException {
		assertThat(this.roles.migrate(new String[0], ONE)).isNull();
		execute(Objects.requireNonNull(this.roles.migrate(required(), ONE)).getAction());
		this.roles.execute("CREATE ROLE $GROUP", "GRANT $GROUP TO $APP", "ALTER ROLE $APP NOINHERIT",
				"CREATE TABLE theirs (id int)", "ALTER TABLE theirs OWNER TO $GROUP",
				"GRANT ALL ON ALL TABLES IN SCHEMA public TO $APP");
		try (Connection connection = connect(); Statement statement = connection.createStatement()) {
			statement.execute("TRUNCATE one");
			statement.execute(this.roles.named("SET ROLE $GROUP; ALTER TABLE theirs ADD COLUMN more int"));
		}
		LockkeeperException refused = this.roles.migrate(required(), ONE);
		assertThat(refused).isNotNull()
			.hasMessage("Schema liquibase is migrated, but role %s lacks rights there, or has too many.",
					this.roles.application)
			.extracting(LockkeeperException::getAction, InstanceOfAssertFactories.STRING)
			.contains(this.roles.named("REVOKE $GROUP FROM $APP"), "TRIGGER, TRUNCATE, REFERENCES" + maintain());
		execute(Objects.requireNonNull(refused).getAction());
		assertThat(this.roles.migrate(required(), ONE)).isNull();
		try (Connection connection = connect(); Statement statement = connection.createStatement()) {
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> statement.execute("TRUNCATE one"))
				.withMessageContaining("permission denied for table one");
			assertThatExceptionOfType(SQLException.class)
				.isThrownBy(() -> statement.execute(this.roles.named("SET ROLE $GROUP")))
				.withMessageContaining("permission denied to set role");
			statement.execute("INSERT INTO theirs (more) VALUES (1)");
		}
	}

	@Test
	@FullTier
	void aRoleThatDoesNotExistIsReportedAsThat() {
		this.roles.execute("DROP OWNED BY $APP", "DROP ROLE $APP");
		LockkeeperException refused = this.roles.migrate(required(), ONE);
		assertThat(refused).isNotNull()
			.hasMessageStartingWith("Schema liquibase is migrated, but role %s does not exist.", this.roles.application)
			.extracting(LockkeeperException::getAction, InstanceOfAssertFactories.STRING)
			.startsWith(EXECUTE + ": CREATE ROLE ");
	}

	@ParameterizedTest
	@EnumSource
	@FullTier
	void whateverIsMissingOrTooMuchIsReportedWithItsRemedy(Deviation deviation) {
		assertThat(this.roles.migrate(new String[0], ONE, "me:view\ncreate view seen as select * from one;")).isNull();
		LockkeeperException first = this.roles.migrate(required(), ONE);
		assertThat(first).isNotNull();
		execute(Objects.requireNonNull(first).getAction());
		assertThat(this.roles.migrate(required(), ONE)).isNull();

		this.roles
			.execute(deviation.preparation.replace("DATABASE it", "DATABASE " + this.roles.getDatabase().getName()));
		LockkeeperException refused = this.roles.migrate(required(), ONE);
		assertThat(refused).isNotNull()
			.extracting(LockkeeperException::getAction, InstanceOfAssertFactories.STRING)
			.contains(this.roles.named(deviation.remedy)
				.replace("$MAINTAIN", maintain())
				.replace("DATABASE it", "DATABASE " + this.roles.getDatabase().getName()));
		execute(Objects.requireNonNull(refused).getAction());
		assertThat(this.roles.migrate(required(), ONE)).isNull();
	}

	@Test
	@FullTier
	void theHistoryInAnotherSchemaNeedsOnlyToBeRead() throws SQLException {
		this.roles.execute("CREATE SCHEMA log AUTHORIZATION $OWNER", "CREATE SCHEMA fleet AUTHORIZATION $OWNER");
		String[] schemas = { "spring.liquibase.liquibase-schema=log", "spring.liquibase.default-schema=fleet" };
		LockkeeperException refused = this.roles.migrate(with(required(), schemas), ONE);
		assertThat(refused).isNotNull();
		execute(Objects.requireNonNull(refused).getAction());
		assertThat(this.roles.migrate(with(required(), schemas), ONE, TWO)).isNull();
		try (Connection connection = connect(); Statement statement = connection.createStatement()) {
			statement.execute("SELECT * FROM log.databasechangelog; INSERT INTO fleet.two (name) VALUES ('a')");
			assertThatExceptionOfType(SQLException.class)
				.isThrownBy(() -> statement.execute("DELETE FROM log.databasechangelog"));
		}
	}

	@Test
	@FullTier
	void anApplicationThatMigratesItselfIsNoSplit() {
		LockkeeperException refused = this.roles
			.migrate(with(required(), "lockkeeper.postgresql.app-role=" + this.roles.login), ONE);
		assertThat(refused).isNotNull()
			.extracting(LockkeeperException::getAction, InstanceOfAssertFactories.STRING)
			.contains(this.roles.named("REVOKE $OWNER FROM $LOGIN"));
	}

	// PostgreSQL 17 has one right more
	private String maintain() {
		return (this.roles.getDatabase().query("SHOW server_version_num").get(0).compareTo("170000") >= 0)
				? ", MAINTAIN" : "";
	}

	private String[] warning() {
		return new String[] { "lockkeeper.postgresql.app-role=" + this.roles.application };
	}

	private String[] required() {
		return with(warning(), "lockkeeper.postgresql.verify-app-role=fail");
	}

	private static String[] with(String[] properties, String... more) {
		String[] all = new String[properties.length + more.length];
		System.arraycopy(properties, 0, all, 0, properties.length);
		System.arraycopy(more, 0, all, properties.length, more.length);
		return all;
	}

	private void execute(String action) {
		assertThat(action).startsWith(EXECUTE).endsWith(".");
		for (String statement : action.substring(action.indexOf(": ") + 2, action.length() - 1).split("; ")) {
			this.roles.getDatabase().execute(statement);
		}
	}

	private Connection connect() throws SQLException {
		return DriverManager.getConnection(this.roles.getDatabase().getPlainUrl(), this.roles.application, "secret");
	}

	/**
	 * How a database differs from one that is split.
	 */
	enum Deviation {

		ONE_RIGHT_ON_ONE_TABLE("REVOKE DELETE ON one FROM $APP",
				"GRANT SELECT, INSERT, UPDATE, DELETE ON public.one TO $APP"),

		A_SEQUENCE("REVOKE USAGE ON SEQUENCE one_id_seq FROM $APP",
				"GRANT USAGE ON SEQUENCE public.one_id_seq TO $APP"),

		THE_HISTORY("REVOKE ALL ON databasechangelog FROM $APP", "GRANT SELECT ON public.databasechangelog TO $APP"),

		A_VIEW("REVOKE ALL ON seen FROM $APP", "GRANT SELECT ON public.seen TO $APP"),

		MANY_TABLES("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM $APP; SET ROLE $OWNER; "
				+ "CREATE TABLE t1(); CREATE TABLE t2(); CREATE TABLE t3(); CREATE TABLE t4(); CREATE TABLE t5(); "
				+ "CREATE TABLE t6(); CREATE TABLE t7(); CREATE TABLE t8(); CREATE TABLE t9(); CREATE TABLE t10(); "
				+ "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM $APP",
				"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO $APP"),

		TABLES_TO_COME("ALTER DEFAULT PRIVILEGES FOR ROLE $OWNER IN SCHEMA public REVOKE UPDATE ON TABLES FROM $APP",
				"ALTER DEFAULT PRIVILEGES FOR ROLE $OWNER IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE "
						+ "ON TABLES TO $APP"),

		SEQUENCES_TO_COME("ALTER DEFAULT PRIVILEGES FOR ROLE $OWNER IN SCHEMA public REVOKE ALL ON SEQUENCES FROM $APP",
				"ALTER DEFAULT PRIVILEGES FOR ROLE $OWNER IN SCHEMA public GRANT USAGE ON SEQUENCES TO $APP"),

		THE_SCHEMA("REVOKE USAGE ON SCHEMA public FROM PUBLIC, $APP; GRANT USAGE ON SCHEMA public TO $OWNER",
				"GRANT USAGE ON SCHEMA public TO $APP"),

		TABLES_MAY_BE_CREATED("GRANT CREATE ON SCHEMA public TO $APP", "REVOKE CREATE ON SCHEMA public FROM $APP"),

		PUBLIC_MAY_CREATE_TABLES("GRANT CREATE ON SCHEMA public TO PUBLIC",
				"REVOKE CREATE ON SCHEMA public FROM PUBLIC"),

		SCHEMAS_MAY_BE_CREATED("GRANT CREATE ON DATABASE it TO $APP", "REVOKE CREATE ON DATABASE it FROM $APP"),

		THE_DATABASE_IS_OWNED("ALTER DATABASE it OWNER TO $APP", "ALTER DATABASE it OWNER TO $OWNER"),

		THE_SCHEMA_IS_OWNED("ALTER SCHEMA public OWNER TO $APP", "ALTER SCHEMA public OWNER TO $OWNER"),

		A_TABLE_IS_OWNED("ALTER TABLE one OWNER TO $APP", "ALTER TABLE public.one OWNER TO $OWNER"),

		A_MEMBER_OF_THE_OWNER("GRANT $OWNER TO $APP", "REVOKE $OWNER FROM $APP"),

		A_MEMBER_OF_A_ROLE_THAT_OWNS_A_TABLE(
				"CREATE ROLE $GROUP; GRANT $GROUP TO $APP; ALTER ROLE $APP NOINHERIT; ALTER TABLE one OWNER TO $GROUP",
				"REVOKE $GROUP FROM $APP"),

		A_MEMBER_OF_THE_OWNER_OF_THE_DATABASE(
				"CREATE ROLE $GROUP; GRANT $GROUP TO $APP; ALTER ROLE $APP NOINHERIT; ALTER DATABASE it OWNER TO $GROUP",
				"REVOKE $GROUP FROM $APP"),

		A_MEMBER_OF_A_ROLE_THAT_MAY_CREATE_TABLES(
				"CREATE ROLE $GROUP; GRANT $GROUP TO $APP; ALTER ROLE $APP NOINHERIT; GRANT CREATE ON SCHEMA public TO $GROUP",
				"REVOKE $GROUP FROM $APP"),

		A_MEMBER_OF_A_ROLE_THAT_MAY_CREATE_SCHEMAS(
				"CREATE ROLE $GROUP; GRANT $GROUP TO $APP; ALTER ROLE $APP NOINHERIT; GRANT CREATE ON DATABASE it TO $GROUP",
				"REVOKE $GROUP FROM $APP"),

		A_MEMBER_OF_A_SUPERUSER("CREATE ROLE $GROUP SUPERUSER; GRANT $GROUP TO $APP", "REVOKE $GROUP FROM $APP"),

		A_MEMBER_THROUGH_ANOTHER_GRANTOR(
				"CREATE ROLE $GROUP; GRANT $GROUP TO $LOGIN WITH ADMIN OPTION; "
						+ "SET ROLE $LOGIN; GRANT $GROUP TO $APP; RESET ROLE; GRANT $OWNER TO $GROUP",
				"REVOKE $GROUP FROM $APP"),

		TRIGGERS_AND_MORE_ON_A_TABLE("GRANT ALL ON one TO $APP",
				"REVOKE TRIGGER, TRUNCATE, REFERENCES$MAINTAIN ON public.one FROM $APP"),

		REFERENCES_ON_A_COLUMN("GRANT REFERENCES (id) ON one TO $APP", "REVOKE REFERENCES ON public.one FROM $APP"),

		TRIGGERS_FOR_PUBLIC("GRANT TRIGGER ON seen TO PUBLIC", "REVOKE TRIGGER ON public.seen FROM PUBLIC"),

		TRIGGERS_AND_MORE_ON_ALL_TABLES("GRANT ALL ON ALL TABLES IN SCHEMA public TO $APP; "
				+ "ALTER DEFAULT PRIVILEGES FOR ROLE $OWNER IN SCHEMA public GRANT ALL ON TABLES TO $APP; "
				+ "ALTER DEFAULT PRIVILEGES FOR ROLE $OWNER GRANT TRIGGER ON TABLES TO PUBLIC; SET ROLE $OWNER; "
				+ "CREATE TABLE t1(); CREATE TABLE t2(); CREATE TABLE t3()",
				"REVOKE TRIGGER, TRUNCATE, REFERENCES$MAINTAIN ON ALL TABLES IN SCHEMA public FROM $APP"),

		TRIGGERS_AND_MORE_ON_TABLES_TO_COME(
				"ALTER DEFAULT PRIVILEGES FOR ROLE $OWNER IN SCHEMA public GRANT ALL ON TABLES TO $APP",
				"ALTER DEFAULT PRIVILEGES FOR ROLE $OWNER IN SCHEMA public "
						+ "REVOKE TRIGGER, TRUNCATE, REFERENCES$MAINTAIN ON TABLES FROM $APP"),

		TRUNCATE_THROUGH_A_GROUP(
				"CREATE ROLE $GROUP; GRANT $GROUP TO $APP; ALTER ROLE $APP NOINHERIT; GRANT TRUNCATE ON one TO $GROUP",
				"REVOKE TRUNCATE ON public.one FROM $GROUP"),

		MEMBERS_MAY_BE_MADE("ALTER ROLE $APP CREATEROLE", "ALTER ROLE $APP NOCREATEROLE"),

		A_SUPERUSER("ALTER ROLE $APP SUPERUSER", "ALTER ROLE $APP NOSUPERUSER"),

		NO_APPLICATION("DROP OWNED BY $APP; DROP ROLE $APP", "CREATE ROLE $APP LOGIN");

		private final String preparation;

		private final String remedy;

		Deviation(String preparation, String remedy) {
			this.preparation = preparation;
			this.remedy = remedy;
		}

	}

}
