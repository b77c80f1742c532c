// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.sql.Connection;
import java.sql.SQLException;

import javax.sql.DataSource;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.process.Applications;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.OtherSession;
import org.assertj.core.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceInitializationAutoConfiguration;
import org.springframework.jdbc.datasource.AbstractDataSource;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The login that migrates becomes the owner of what it creates.
 */
class OwnerRoleIT {

	private static final String ONE = "me:one\ncreate table one (id serial primary key);";

	private static final String[] NONE = {};

	@RegisterExtension
	final TwoRoles roles = new TwoRoles();

	@Test
	void theSessionsInTheWayAreSeenWithTheRightsOfTheLogin() {
		this.roles.execute("CREATE TABLE ship (id int)", "ALTER TABLE ship OWNER TO $OWNER",
				"ALTER ROLE $LOGIN INHERIT", "GRANT pg_monitor TO $LOGIN");
		try (OtherSession reader = OtherSession.begin(this.roles.getDatabase(), "reporting", "SELECT * FROM ship")) {
			LockkeeperException failure = this.roles.migrate(
					new String[] { "lockkeeper.postgresql.lock-timeout=3s",
							"lockkeeper.postgresql.lock-retry.max-attempts=1" },
					"me:one\nalter table ship add column length int;");
			assertThat(failure).hasMessageContaining("blocked by pid %d, ".formatted(reader.getPid()))
				.hasMessageContaining("application reporting, idle in transaction, in a transaction for ")
				.hasMessageContaining("query: SELECT * FROM ship");
		}
	}

	@Test
	void everythingBelongsToTheOwnerWhateverRoleAChangeSetHasTakenOn() {
		this.roles.execute("CREATE SCHEMA theirs", "GRANT ALL ON SCHEMA theirs TO $LOGIN, $APP",
				"GRANT $APP TO $OWNER");
		assertThat(this.roles.migrate(NONE, ONE, "me:reset\nreset role;\ncreate table theirs.reset (id int);",
				"me:two\ncreate table two (id int primary key);",
				this.roles.named("me:other\nset role $APP;\ncreate table theirs.other (id int);"),
				"me:three\ncreate table three (id int);",
				"me:steps runInTransaction:false\nset role none;\ncreate table theirs.steps (id int);\n"
						+ "create index concurrently steps_id on theirs.steps (id);",
				"me:four runInTransaction:false\ncreate index concurrently two_id on two (id);",
				"me:five\ncreate table five (id int);",
				"me:fails runInTransaction:false failOnError:false\nreset role;\nselect 1/0;",
				"me:six\ncreate table six (id int);", "me:local\nset local role none;\nset transaction read only;",
				"me:seven\ncreate table seven (id int);"))
			.isNull();
		assertThat(this.roles.getDatabase()
			.query("SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE relnamespace = 'public'::regnamespace"))
			.containsExactly(this.roles.owner);
		assertThat(this.roles.getDatabase()
			.query("SELECT tablename || ' ' || tableowner FROM pg_tables WHERE schemaname = 'theirs' ORDER BY 1"))
			.containsExactly("other " + this.roles.application, "reset " + this.roles.login,
					"steps " + this.roles.login);
		assertThat(this.roles.getDatabase().query("SELECT id FROM databasechangelog ORDER BY orderexecuted"))
			.containsExactly("one", "reset", "two", "other", "three", "steps", "four", "five", "six", "local", "seven");
		assertThat(this.roles.getDatabase().query("SELECT tablename FROM pg_tables WHERE tablename ~ '^lockkeeper'"))
			.contains("lockkeeper_lock", "lockkeeper_run", "lockkeeper_level", "lockkeeper_intent");
	}

	@Test
	void aRoleThatDoesNotExistIsReportedWithTheStatementsThatMakeIt() {
		this.roles.execute("DROP OWNED BY $OWNER", "DROP ROLE $OWNER");
		LockkeeperException missing = this.roles.migrate(NONE, ONE);
		assertThat(missing).isNotNull().extracting(LockkeeperException::getStatus).isEqualTo(ExitStatus.CONFIG);
		assertThat(missing).hasMessage("Role %s does not exist (lockkeeper.postgresql.set-role).", this.roles.owner)
			.extracting(LockkeeperException::getAction)
			.isEqualTo(this.roles
				.named("Correct the name, or create the role: CREATE ROLE $OWNER NOLOGIN; GRANT $OWNER TO $LOGIN."));
		this.roles.execute("CREATE ROLE $OWNER NOLOGIN", "GRANT $OWNER TO $LOGIN",
				"GRANT CREATE ON SCHEMA public TO $OWNER");
		assertThat(this.roles.migrate(NONE, ONE)).isNull();
	}

	@Test
	void aLoginThatIsNoMemberIsReportedWithTheRightToGrant() {
		this.roles.execute("REVOKE $OWNER FROM $LOGIN");
		LockkeeperException refused = this.roles.migrate(NONE, ONE);
		assertThat(refused).isNotNull().extracting(LockkeeperException::getStatus).isEqualTo(ExitStatus.PERMISSION);
		assertThat(refused)
			.hasMessage("Login \"%s\" may not become role %s (lockkeeper.postgresql.set-role).", this.roles.login,
					this.roles.owner)
			.extracting(LockkeeperException::getAction)
			.isEqualTo(this.roles.named("Let it: GRANT $OWNER TO $LOGIN."));
		this.roles.execute("GRANT $OWNER TO $LOGIN");
		assertThat(this.roles.migrate(NONE, ONE)).isNull();
	}

	@Test
	@FullTier
	void aMemberThatMayNotTakeTheRoleOnIsReportedWithTheOptionToGrant() {
		Assumptions.assumeThat(this.roles.getDatabase().query("SHOW server_version_num").get(0))
			.isGreaterThan("160000");
		this.roles.execute("GRANT $OWNER TO $LOGIN WITH SET FALSE");
		assertThat(this.roles.migrate(NONE, ONE)).isNotNull()
			.extracting(LockkeeperException::getAction)
			.isEqualTo(this.roles.named("Let it: GRANT $OWNER TO $LOGIN WITH SET TRUE."));
		this.roles.execute("GRANT $OWNER TO $LOGIN WITH SET TRUE");
		assertThat(this.roles.migrate(NONE, ONE)).isNull();
	}

	@Test
	@FullTier
	void aProcessThatDefersReadsAsItsLogin() {
		this.roles.execute("ALTER DEFAULT PRIVILEGES FOR ROLE $OWNER IN SCHEMA public GRANT SELECT ON TABLES TO $APP");
		assertThat(this.roles.migrate(NONE, ONE)).isNull();
		this.roles.start(this.roles.application, new String[] { "lockkeeper.mode=defer" }, (context) -> {
			assertThat(context).hasNotFailed();
			assertThat(context.getBean(SchemaGate.class).isOpen()).isTrue();
		}, ONE);
	}

	@Test
	@FullTier
	void connectionsThatGoBackToTheirDataSourceAreNotGivenTheRole() {
		DataSource shared = new Unknown(
				new DriverManagerDataSource(this.roles.getDatabase().getPlainUrl(), this.roles.login, "secret"));
		this.roles.runner(this.roles.login, ONE)
			.withBean(DataSource.class, () -> shared)
			.run((context) -> assertThat(LockkeeperException.findIn(context.getStartupFailure())).isNotNull()
				.satisfies((refused) -> {
					assertThat(refused.getStatus()).isEqualTo(ExitStatus.CONFIG);
					assertThat(refused.getAction())
						.contains(this.roles.named("ALTER ROLE $LOGIN IN DATABASE %s SET role = '%s'"
							.formatted(this.roles.getDatabase().getName(), this.roles.owner)));
				}));
		this.roles.execute("ALTER ROLE $LOGIN IN DATABASE %s SET role = '%s'"
			.formatted(this.roles.getDatabase().getName(), this.roles.owner));
		this.roles.runner(this.roles.login, ONE)
			.withPropertyValues("lockkeeper.postgresql.set-role=" + this.roles.owner)
			.withBean(DataSource.class,
					() -> new DriverManagerDataSource(this.roles.getDatabase().getPlainUrl(), this.roles.login,
							"secret"))
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	@FullTier
	void scriptsOfAnInitializerAreExecutedAsTheOwner() {
		this.roles.runner(this.roles.application, ONE)
			.withConfiguration(AutoConfigurations.of(DataSourceInitializationAutoConfiguration.class))
			.withPropertyValues("spring.liquibase.user=" + this.roles.login, "spring.liquibase.password=secret",
					"spring.sql.init.mode=always", "spring.sql.init.schema-locations=" + script())
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(this.roles.getDatabase()
			.query("SELECT tablename || ' ' || tableowner FROM pg_tables WHERE tablename IN ('one', 'port', "
					+ "'lockkeeper_script') ORDER BY 1"))
			.containsExactly("lockkeeper_script " + this.roles.owner, "one " + this.roles.owner,
					"port " + this.roles.owner);
	}

	private String script() {
		return "file:"
				+ Applications.write(this.roles.getDirectory().resolve("schema.sql"), "create table port (id int);");
	}

	@Test
	void anotherDatabaseThanPostgreSqlHasNoSuchRoles() {
		String[] properties = { "spring.datasource.url=jdbc:hsqldb:file:" + this.roles.getDirectory().resolve("hsqldb"),
				"spring.datasource.password=", "lockkeeper.postgresql.app-role=harbour_app",
				"lockkeeper.postgresql.verify-app-role=fail" };
		this.roles.start("sa", properties, (context) -> assertThat(context).hasNotFailed(),
				"me:one\ncreate table one (id int);");
	}

	/**
	 * A data source of a kind that is not known.
	 */
	private static final class Unknown extends AbstractDataSource {

		private final DataSource target;

		Unknown(DataSource target) {
			this.target = target;
		}

		@Override
		public Connection getConnection() throws SQLException {
			return this.target.getConnection();
		}

		@Override
		public Connection getConnection(String username, String password) throws SQLException {
			return this.target.getConnection(username, password);
		}

	}

}
