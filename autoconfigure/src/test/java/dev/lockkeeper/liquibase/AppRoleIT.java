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

	private static final String MISSING = "lockkeeper - the split of the roles is not there";

	private static final String EXECUTE = "Execute as a superuser, or as the owner: ";

	@RegisterExtension
	final TwoRoles roles = new TwoRoles();

	@Test
	void aWarningHasTheStatementsAfterWhichTheApplicationReadsAndWritesAndChangesNoTable(CapturedOutput output)
			throws SQLException {
		assertThat(this.roles.migrate(warning(), ONE)).isNull();
		String warning = output.getOut().lines().filter((line) -> line.contains(MISSING)).findFirst().orElseThrow();
		assertThat(warning).contains("WARN", "Schema liquibase is migrated, but the rights of role");
		execute(warning.substring(warning.indexOf(EXECUTE)));
		int seen = output.getOut().length();

		assertThat(this.roles.migrate(warning(), ONE, TWO)).isNull();
		assertThat(this.roles.migrate(warning(), ONE, TWO)).isNull();
		assertThat(output.getOut().substring(seen)).contains("nothing to do").doesNotContain(MISSING);
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
		for (String statement : action.substring(EXECUTE.length(), action.length() - 1).split("; ")) {
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
