// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;

import com.zaxxer.hikari.HikariDataSource;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.postgresql.RoleSplit;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.callback.Callback;
import org.flywaydb.core.api.callback.Event;
import org.flywaydb.core.api.migration.BaseJavaMigration;
import org.flywaydb.core.api.migration.Context;
import org.flywaydb.database.postgresql.PostgreSQLConfigurationExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.flyway.autoconfigure.FlywayConfigurationCustomizer;
import org.springframework.boot.flyway.autoconfigure.FlywayMigrationInitializer;
import org.springframework.boot.flyway.autoconfigure.FlywayMigrationStrategy;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.jdbc.core.JdbcTemplate;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Every bean that migrates with Flyway is governed, and keeps what it could do before.
 */
@ExtendWith(OutputCaptureExtension.class)
class FlywayGovernanceIT {

	private static final String SHIP = "V1__ship.sql\nCREATE TABLE ship (id int);";

	private static final String PORT = "V2__port.sql\nCREATE TABLE port (id int);";

	private static final String TABLES = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
			+ "AND relkind = 'r' ORDER BY 1";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private int releases;

	@Test
	void neverUsesThePoolAndPutsEverythingBack() {
		// With its own lock back, Flyway needs two connections
		application(SHIP, PORT).withPropertyValues("spring.datasource.hikari.maximum-pool-size=2").run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(state(context).status()).isEqualTo(SchemaStatus.CURRENT);
			assertThat(state(context).applied()).isEqualTo(2);
			HikariDataSource pool = context.getBean(HikariDataSource.class);
			assertThat(pool.isRunning()).isFalse();
			Flyway flyway = context.getBean(Flyway.class);
			assertThat(flyway.getConfiguration().getDataSource()).isSameAs(pool);
			assertThat(flyway.getConfiguration().getCallbacks()).isEmpty();
			assertThat(flyway.getConfiguration().getDefaultSchema()).isNull();
			assertThat(Objects
				.requireNonNull(
						flyway.getConfiguration().getPluginRegister().getExact(PostgreSQLConfigurationExtension.class))
				.isTransactionalLock()).isTrue();
			assertThat(flyway.info().pending()).isEmpty();
		});
		this.database.awaitNoSessions();
	}

	@Test
	void theSchemaIsMigratedBeforeABeanUsesIt() {
		application(SHIP).withUserConfiguration(UsesTheSchema.class)
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(this.database.query("SELECT id FROM ship")).containsExactly("7");
	}

	@Test
	void deferWritesNothing() {
		application(SHIP).withPropertyValues("lockkeeper.mode=defer", "lockkeeper.defer.wait-timeout=1s")
			.run((context) -> {
				LockkeeperException failure = failure(context);
				assertThat(failure.getStatus()).isEqualTo(ExitStatus.TEMPORARY);
				assertThat(failure).hasMessageContaining("1 - ship");
			});
		assertThat(this.database.query(TABLES)).isEmpty();
	}

	@Test
	void deferServesWhenTheSchemaIsThere() {
		application(SHIP, PORT).run((context) -> assertThat(context).hasNotFailed());
		application(SHIP).withPropertyValues("lockkeeper.mode=defer").run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(state(context).status()).isEqualTo(SchemaStatus.AHEAD);
			assertThat(state(context).unknown()).containsExactly(new ChangeSetReference("2 - port", "", ""));
		});
	}

	@Test
	void aDisabledFlywayIsNotGoverned(CapturedOutput output) {
		application(SHIP).withPropertyValues("spring.flyway.enabled=false", "lockkeeper.mode=defer")
			.run((context) -> assertThat(context.getBean(SchemaGate.class).getStates()).isEmpty());
		assertThat(output).contains("this process does not wait for the schema")
			.contains("spring.flyway.enabled=false");
		assertThat(this.database.query(TABLES)).isEmpty();
	}

	@Test
	void lockkeeperSwitchedOffLeavesFlywayToSpringBoot() {
		application(SHIP).withPropertyValues("lockkeeper.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(this.database.query(TABLES)).containsExactly("flyway_schema_history", "ship");
	}

	@Test
	void eachFlywayOfTheUserIsASchema() {
		this.database.execute("CREATE SCHEMA tenant");
		MigrationFiles.in(this.directory.resolve("first"), SHIP);
		MigrationFiles.in(this.directory.resolve("second"), PORT);
		application().withUserConfiguration(TwoFlyways.class)
			.withPropertyValues("first=filesystem:" + this.directory.resolve("first"),
					"second=filesystem:" + this.directory.resolve("second"))
			.run((context) -> {
				assertThat(context).hasNotFailed();
				Map<String, SchemaState> states = context.getBean(SchemaGate.class).getStates();
				assertThat(states).containsOnlyKeys("first", "secondInitializer");
				assertThat(states.values()).allSatisfy((state) -> assertThat(state.applied()).isOne());
			});
		assertThat(this.database.query("SELECT id FROM tenant.port")).isEmpty();
		assertThat(this.database.query("SELECT name FROM tenant.lockkeeper_lock"))
			.containsExactly("tenant.flyway_schema_history");
	}

	@Test
	void aSchemaThatDoesNotExistIsCreatedAsFlywayDoes() {
		application(SHIP).withPropertyValues("spring.flyway.default-schema=Mixed")
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(this.database.query("SELECT type FROM \"Mixed\".flyway_schema_history ORDER BY installed_rank"))
			.containsExactly("SCHEMA", "SQL");
		application(SHIP).withPropertyValues("spring.flyway.default-schema=Mixed", "lockkeeper.mode=defer")
			.run((context) -> assertThat(state(context).status()).isEqualTo(SchemaStatus.CURRENT));
	}

	@Test
	void aMissingSchemaThatFlywayMayNotCreateIsNamed() {
		application(SHIP)
			.withPropertyValues("spring.flyway.default-schema=nowhere", "spring.flyway.create-schemas=false")
			.run((context) -> {
				assertThat(failure(context).getStatus()).isEqualTo(ExitStatus.CONFIG);
				assertThat(failure(context)).hasMessageContaining("\"nowhere\" does not exist")
					.hasMessageContaining("spring.flyway.default-schema");
			});
	}

	@Test
	void thePropertiesOfSpringBootCount() {
		application("M1_1#create.sql\nCREATE TABLE ${name} (id int);",
				"A#view.sql\nCREATE VIEW all_of AS SELECT 1 AS one;")
			.withPropertyValues("spring.flyway.sql-migration-prefix=M", "spring.flyway.sql-migration-separator=#",
					"spring.flyway.repeatable-sql-migration-prefix=A", "spring.flyway.placeholders.name=berth",
					"spring.flyway.table=changes", "spring.flyway.installed-by=me")
			.run((context) -> assertThat(state(context).applied()).isEqualTo(2));
		assertThat(this.database.query(TABLES)).contains("berth", "changes");
		assertThat(this.database.query("SELECT version FROM changes WHERE installed_by = 'me' ORDER BY installed_rank"))
			.containsExactly("1.1", "null");
	}

	@Test
	void customizersCallbacksAndJavaMigrationsCount(CapturedOutput output) {
		application(SHIP, "afterMigrate.sql\nINSERT INTO ship VALUES (3);",
				"beforeEachMigrate.sql\nCREATE TABLE IF NOT EXISTS before (id int);")
			.withUserConfiguration(Extensions.class)
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(state(context).applied()).isEqualTo(2);
				assertThat(context.getBean(SeenEvents.class).events).containsExactly("beforeMigrate",
						"beforeEachMigrate", "afterEachMigrate", "beforeEachMigrate", "afterEachMigrate",
						"afterMigrate");
			});
		assertThat(this.database.query("SELECT id FROM ship ORDER BY 1")).containsExactly("2", "3");
		assertThat(this.database.query("SELECT description FROM flyway_schema_history ORDER BY installed_rank"))
			.containsExactly("ship", "By code");
		assertThat(output).doesNotContain("not in one transaction");
	}

	@Test
	void aStrategyThatMigratesRuns(CapturedOutput output) {
		application(SHIP).withBean(FlywayMigrationStrategy.class, () -> (flyway) -> {
			flyway.repair();
			flyway.migrate();
		}).run((context) -> assertThat(state(context).status()).isEqualTo(SchemaStatus.CURRENT));
		assertThat(output).contains("WARN").contains("(a lambda in it) repairs the history at each run");
	}

	@ParameterizedTest
	@ValueSource(strings = { "self", "migrate-only" })
	void aStrategyThatLeavesMigrationsPendingFailsWithItsName(String mode) {
		application(SHIP, PORT).withPropertyValues("lockkeeper.mode=" + mode)
			.withBean(ExitCode.class)
			.withBean(FlywayMigrationStrategy.class, NoMigration::new)
			.run((context) -> {
				if (mode.equals("self")) {
					assertThat(failure(context).getStatus()).isEqualTo(ExitStatus.MIGRATION);
					assertThat(failure(context)).hasMessageContaining(NoMigration.class.getName())
						.hasMessageContaining("1 - ship, 2 - port");
					assertThat(failure(context).getAction()).contains("remove it");
				}
			});
		assertThat(this.database.query(TABLES)).doesNotContain("ship");
	}

	@Test
	void aStrategyDoesNotRunInDefer() {
		application(SHIP).run((context) -> assertThat(context).hasNotFailed());
		application(SHIP).withPropertyValues("lockkeeper.mode=defer")
			.withBean(FlywayMigrationStrategy.class, () -> (flyway) -> {
				throw new IllegalStateException("The strategy ran");
			})
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void aStrategyThatMayCleanIsRefusedOnAPlatform() {
		application(SHIP).withPropertyValues("spring.flyway.clean-disabled=false", "lockkeeper.mode=migrate-only")
			.withBean(ExitCode.class)
			.withBean(FlywayMigrationStrategy.class, Cleaning::new)
			.run((context) -> assertThat(this.database.query(TABLES)).isEmpty());
		application(SHIP).withPropertyValues("spring.flyway.clean-disabled=false")
			.withBean(FlywayMigrationStrategy.class, Cleaning::new)
			.run((context) -> assertThat(state(context).status()).isEqualTo(SchemaStatus.CURRENT));
		this.database.execute("INSERT INTO ship VALUES (1)");
		application(SHIP, PORT).withPropertyValues("spring.flyway.clean-disabled=false")
			.withBean(FlywayMigrationStrategy.class, Cleaning::new)
			.run((context) -> assertThat(state(context).applied()).isEqualTo(2));
		assertThat(this.database.query("SELECT id FROM ship")).isEmpty();
		assertThat(this.database.query("SELECT status FROM lockkeeper_run")).containsExactly("DONE");
	}

	@Test
	void theTransactionalLockOfTheUserIsSaidToBeOff(CapturedOutput output) {
		application(SHIP, PORT).withPropertyValues("spring.flyway.postgresql.transactional-lock=true")
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(output).containsOnlyOnce("Flyway's lock has no transaction of its own here");
	}

	@Test
	void aSettingThatFlywayRefusesEndsTheProcessWithItsReason() {
		ExitCode exit = new ExitCode();
		application(SHIP).withPropertyValues("spring.flyway.placeholder-prefix=", "lockkeeper.mode=migrate-only")
			.withBean(ExitCode.class, () -> exit)
			.run((context) -> assertThat(exit.code).isEqualTo(ExitStatus.CONFIG.getCode()));
	}

	@Test
	void flywayHasADataSourceOfItsOwnWhereOneIsSet() {
		String owner = TestPostgres.shared().createRole("secret");
		String reader = TestPostgres.shared().createRole("secret");
		this.database.execute("GRANT CREATE, USAGE ON SCHEMA public TO " + owner);
		application(SHIP)
			.withPropertyValues("spring.datasource.url=" + this.database.getPlainUrl(),
					"spring.datasource.username=" + reader, "spring.datasource.password=secret",
					"spring.flyway.url=" + this.database.getPlainUrl(), "spring.flyway.user=" + owner,
					"spring.flyway.password=secret")
			.run((context) -> assertThat(state(context).status()).isEqualTo(SchemaStatus.CURRENT));
		assertThat(this.database.query("SELECT installed_by FROM flyway_schema_history")).containsExactly(owner);
	}

	@Test
	void whatFlywayCreatesBelongsToTheOwnerAndTheApplicationUsesIt(CapturedOutput output) {
		String owner = TestPostgres.shared().createRole("secret");
		String login = TestPostgres.shared().createRole("secret");
		String reader = TestPostgres.shared().createRole("secret");
		this.database.execute("GRANT CREATE ON SCHEMA public TO " + owner, "ALTER ROLE %s NOINHERIT".formatted(login),
				"GRANT %s TO %s".formatted(owner, login));
		new RoleSplit(owner, login, reader, List.of("public"), "public", List.of()).toStatements()
			.forEach(this.database::execute);
		String[] roles = { "spring.datasource.url=" + this.database.getPlainUrl(), "spring.datasource.password=secret",
				"lockkeeper.postgresql.set-role=" + owner, "lockkeeper.postgresql.app-role=" + reader,
				"lockkeeper.postgresql.verify-app-role=fail" };
		String[] files = { SHIP, "V2__reset.sql\nRESET ROLE;", "V3__port.sql\nCREATE TABLE port (id int);",
				"V4__index.sql\nCREATE INDEX CONCURRENTLY port_id ON port (id);" };
		application(files).withPropertyValues(roles)
			.withPropertyValues("spring.datasource.username=" + login)
			.run((context) -> assertThat(state(context).status()).isEqualTo(SchemaStatus.CURRENT));
		assertThat(this.database.query(
				"SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE relnamespace = 'public'::regnamespace"))
			.containsExactly(owner);
		application(files).withPropertyValues(roles)
			.withPropertyValues("spring.datasource.username=" + reader, "lockkeeper.mode=defer")
			.run((context) -> assertThat(state(context).status()).isEqualTo(SchemaStatus.CURRENT));
		assertThat(output).doesNotContain("Execute as a superuser");
	}

	@Test
	void anEmbeddedDatabaseIsMigratedWithoutTablesOfOurs() {
		application(SHIP, PORT)
			.withPropertyValues("spring.datasource.url=jdbc:h2:mem:shop;DB_CLOSE_DELAY=-1", "lockkeeper.mode=defer")
			.run((context) -> {
				assertThat(state(context).status()).isEqualTo(SchemaStatus.CURRENT);
				assertThat(context.getBean(JdbcTemplate.class)
					.queryForList("SELECT table_name FROM information_schema.tables WHERE table_schema = 'PUBLIC'",
							String.class))
					.containsExactlyInAnyOrder("flyway_schema_history", "SHIP", "PORT");
			});
	}

	@Test
	void aCredentialIsNeitherLoggedNorShown(CapturedOutput output) {
		String role = TestPostgres.shared().createRole("pa55w0rd");
		this.database.execute("GRANT CREATE, USAGE ON SCHEMA public TO " + role);
		String url = "spring.datasource.url=%s?user=%s&password=pa55w0rd".formatted(this.database.getPlainUrl(), role);
		application("V1__role.sql\nCREATE TABLE secret AS SELECT '${secret}' AS word;")
			.withPropertyValues(url, "spring.flyway.placeholders.secret=pa55w0rd")
			.run((context) -> assertThat(state(context).status()).isEqualTo(SchemaStatus.CURRENT));
		application("V1__role.sql\nCREATE TABLE secret AS SELECT '${secret}' AS word;",
				"V2__fails.sql\nSELECT '${secret}'::int;")
			.withPropertyValues(url, "spring.flyway.placeholders.secret=pa55w0rd")
			.run((context) -> assertThat(failure(context).toString()).contains("2 - fails").doesNotContain("pa55w0rd"));
		assertThat(output).doesNotContain("pa55w0rd");
	}

	private ApplicationContextRunner application(String... files) {
		this.releases++;
		return MigrationFiles.in(this.directory.resolve("release" + this.releases), files).application(this.database);
	}

	private static SchemaState state(AssertableApplicationContext context) {
		assertThat(context).hasNotFailed();
		return MigrationFiles.state(context);
	}

	private static LockkeeperException failure(AssertableApplicationContext context) {
		return Objects.requireNonNull(LockkeeperException.findIn(context.getStartupFailure()));
	}

	static class ExitCode implements dev.lockkeeper.exit.ExitStrategy {

		private int code = -1;

		@Override
		public void exit(int code) {
			this.code = code;
		}

	}

	static class NoMigration implements FlywayMigrationStrategy {

		@Override
		public void migrate(Flyway flyway) {
			flyway.info();
		}

	}

	static class Cleaning implements FlywayMigrationStrategy {

		@Override
		public void migrate(Flyway flyway) {
			flyway.clean();
			flyway.migrate();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class UsesTheSchema {

		@Bean
		@DependsOnDatabaseInitialization
		Integer rows(JdbcTemplate jdbc) {
			return jdbc.update("INSERT INTO ship VALUES (7)");
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class TwoFlyways {

		@Bean(initMethod = "migrate")
		Flyway first(javax.sql.DataSource dataSource, Environment environment) {
			return Flyway.configure().dataSource(dataSource).locations(environment.getRequiredProperty("first")).load();
		}

		@Bean
		Flyway second(javax.sql.DataSource dataSource, Environment environment) {
			return Flyway.configure()
				.dataSource(dataSource)
				.schemas("tenant")
				.locations(environment.getRequiredProperty("second"))
				.load();
		}

		@Bean
		FlywayMigrationInitializer secondInitializer(Flyway second) {
			return new FlywayMigrationInitializer(second);
		}

	}

	static class SeenEvents implements Callback {

		private final List<String> events = new CopyOnWriteArrayList<>();

		@Override
		public boolean supports(Event event, org.flywaydb.core.api.callback.Context context) {
			return List
				.of(Event.BEFORE_MIGRATE, Event.BEFORE_EACH_MIGRATE, Event.AFTER_EACH_MIGRATE, Event.AFTER_MIGRATE)
				.contains(event);
		}

		@Override
		public boolean canHandleInTransaction(Event event, org.flywaydb.core.api.callback.Context context) {
			return true;
		}

		@Override
		public void handle(Event event, org.flywaydb.core.api.callback.Context context) {
			this.events.add(event.getId());
		}

		@Override
		public String getCallbackName() {
			return "seen";
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Extensions {

		@Bean
		SeenEvents seenEvents() {
			return new SeenEvents();
		}

		@Bean
		FlywayConfigurationCustomizer customizer() {
			return (configuration) -> configuration.javaMigrations(new V2__By_code());
		}

	}

	// Flyway takes version and description from the name
	@SuppressWarnings("checkstyle:typename")
	static class V2__By_code extends BaseJavaMigration {

		@Override
		public void migrate(Context context) throws Exception {
			Connection connection = context.getConnection();
			try (Statement statement = connection.createStatement()) {
				statement.execute("INSERT INTO ship VALUES (2)");
			}
		}

	}

}
