// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.initialization;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

import javax.sql.DataSource;

import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.ExitStrategy;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceInitializationAutoConfiguration;
import org.springframework.boot.jdbc.init.DataSourceScriptDatabaseInitializer;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.sql.init.DatabaseInitializationMode;
import org.springframework.boot.sql.init.DatabaseInitializationSettings;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What scripts and settings do that are rare.
 */
@ExtendWith(OutputCaptureExtension.class)
class SqlInitSettingsIT {

	private static final String BEAN = "dataSourceScriptDatabaseInitializer";

	private static final String PASSWORD = "secret";

	@TempDir
	Path directory;

	private final TestPostgres server = TestPostgres.shared();

	private final TestDatabase database = this.server.createDatabase();

	private ApplicationContextRunner runner(String changeLog, String schema) {
		return new ApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(LockkeeperAutoConfiguration.class, LiquibaseAutoConfiguration.class,
							DataSourceAutoConfiguration.class, DataSourceInitializationAutoConfiguration.class))
			.withPropertyValues("spring.datasource.url=" + this.database.getUrl(),
					"spring.liquibase.change-log="
							+ write("changelog.sql", "--liquibase formatted sql\n--changeset me:1\n" + changeLog),
					"spring.sql.init.mode=always", "spring.sql.init.schema-locations=" + write("schema.sql", schema),
					"lockkeeper.database-wait=1ms", "lockkeeper.retry.max-attempts=1");
	}

	private String write(String name, String content) {
		try {
			return "file:" + Files.writeString(this.directory.resolve(name), content);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Test
	void aTableThatIsMissingAfterAllErrorsIsAFailure() {
		assertThat(migrate(runner("select 1;", "create table ship (id missing);\nselect 1;")
			.withPropertyValues("spring.sql.init.continue-on-error=true"))).isEqualTo(ExitStatus.MIGRATION.getCode());
		assertThat(this.database.query("SELECT count(*) FROM lockkeeper_script")).containsExactly("0");
	}

	@Test
	void aScriptThatTakesOnARoleIsRecordedWithTheRightsOfTheRun() {
		String role = this.server.createRole(PASSWORD);
		this.database.execute("GRANT CREATE ON SCHEMA public TO " + role);
		assertThat(migrate(runner("select 1;",
				"set role %s; set search_path to public; create table ship (id int);".formatted(role))))
			.isZero();
		assertThat(this.database.query("SELECT tableowner FROM pg_tables WHERE tablename = 'ship'"))
			.containsExactly(role);
		assertThat(this.database.query("SELECT script FROM lockkeeper_script")).containsExactly("schema.sql");
	}

	@Test
	void aProcessThatServesBeforeTheSchemaIsThereFindsTheRecordsLater(CapturedOutput output) {
		ApplicationContextRunner runner = runner("create schema fleet;", "create table if not exists ship (id int);")
			.withPropertyValues("spring.datasource.url=" + this.database.getUrl() + "&currentSchema=fleet",
					"spring.liquibase.url=" + this.database.getUrl());
		runner
			.withPropertyValues("lockkeeper.mode=defer", "lockkeeper.defer.startup=serve",
					"lockkeeper.wait.max-interval=100ms")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				SchemaGate gate = context.getBean(SchemaGate.class);
				Awaitility.await().until(() -> state(gate).status() == SchemaStatus.PENDING);
				assertThat(output).doesNotContain("nothing shows whether the scripts were executed");
				assertThat(migrate(runner)).isZero();
				assertThat(this.database.query("SELECT count(*) FROM fleet.ship")).containsExactly("0");
				Awaitility.await()
					.atMost(Duration.ofSeconds(20))
					.untilAsserted(() -> assertThat(state(gate).status()).isEqualTo(SchemaStatus.CURRENT));
			});
	}

	@Test
	void aScriptMayCreateTheSchemaOfItsOwnDataSource() {
		ApplicationContextRunner runner = runner("select 1;",
				"create schema if not exists fleet; create table if not exists ship (id int);")
			.withPropertyValues("spring.datasource.url=" + this.database.getUrl() + "&currentSchema=fleet",
					"spring.liquibase.url=" + this.database.getUrl());
		assertThat(migrate(runner)).isZero();
		assertThat(this.database.query("SELECT count(*) FROM fleet.ship")).containsExactly("0");
		runner.withPropertyValues("lockkeeper.mode=defer", "lockkeeper.defer.wait-timeout=1s")
			.run((context) -> assertThat(state(context.getBean(SchemaGate.class)).status())
				.isEqualTo(SchemaStatus.CURRENT));
		assertThat(migrate(runner)).isZero();
		assertThat(this.database.query("SELECT count(*) FROM lockkeeper_script")).containsExactly("1");
	}

	@Test
	void theDefaultSchemaOfLiquibaseIsNotThatOfTheScripts() {
		this.database.execute("CREATE SCHEMA fleet");
		ApplicationContextRunner runner = runner("create table harbour (id int);",
				"create table if not exists ship (id int);")
			.withPropertyValues("spring.liquibase.default-schema=fleet");
		assertThat(migrate(runner)).isZero();
		assertThat(this.database.query(
				"SELECT schemaname FROM pg_tables WHERE tablename IN ('ship', 'lockkeeper_script') ORDER BY tablename"))
			.containsExactly("fleet", "public");
		runner.withPropertyValues("lockkeeper.mode=defer", "lockkeeper.defer.wait-timeout=1s")
			.run((context) -> assertThat(state(context.getBean(SchemaGate.class)).status())
				.isEqualTo(SchemaStatus.CURRENT));
	}

	@Test
	void newerCodeStaysCurrentWhenOlderCodeExecutesItsScriptsAgain() {
		String schema = "create table if not exists ship (id int);";
		assertThat(migrate(runner("select 1;", schema))).isZero();
		assertThat(migrate(runner("select 1;", schema + "\nalter table ship add if not exists name text;"))).isZero();
		assertThat(migrate(runner("select 1;", schema))).isZero();
		runner("select 1;", schema + "\nalter table ship add if not exists name text;")
			.withPropertyValues("lockkeeper.mode=defer")
			.run((context) -> assertThat(state(context.getBean(SchemaGate.class)).status())
				.isEqualTo(SchemaStatus.CURRENT));
		runner("select 1;", schema).withPropertyValues("lockkeeper.mode=defer")
			.run((context) -> assertThat(state(context.getBean(SchemaGate.class)).status())
				.isEqualTo(SchemaStatus.AHEAD));
	}

	@Test
	void aDataSourceThatDoesNotConnectForNowIsNotOneWithoutASearchPath() {
		String role = this.server.createRole(PASSWORD);
		this.database.execute("CREATE SCHEMA fleet", "GRANT ALL ON SCHEMA fleet TO " + role,
				"ALTER ROLE %s SET search_path TO fleet".formatted(role),
				"ALTER ROLE %s CONNECTION LIMIT 0".formatted(role));
		ApplicationContextRunner runner = runner("select 1;", "create table if not exists ship (id int);")
			.withPropertyValues("spring.datasource.url=" + this.database.getPlainUrl(),
					"spring.datasource.username=" + role, "spring.datasource.password=" + PASSWORD,
					"spring.liquibase.url=" + this.database.getUrl());
		assertThat(migrate(runner)).isNotZero();
		assertThat(this.database.query("SELECT count(*) FROM pg_tables WHERE tablename = 'ship'")).containsExactly("0");
		this.database.execute("ALTER ROLE %s CONNECTION LIMIT -1".formatted(role));
		assertThat(migrate(runner)).isZero();
		assertThat(this.database.query("SELECT count(*) FROM fleet.ship")).containsExactly("0");
	}

	@Test
	void aDataSourceThatRoutesToNothingCannotBeCompared(CapturedOutput output) {
		assertThat(migrate(runner("create table ship (id int);", "select 1;").withUserConfiguration(Routing.class)))
			.isZero();
		assertThat(output).contains("not known whether the scripts go into the database of a governed schema");
	}

	@Test
	void aScriptThatItsBeanDoesNotExecuteIsNotWaitedFor() {
		this.database.execute("create table ship (id int)");
		ApplicationContextRunner runner = runner("create table harbour (id int);", "insert into ship values (1);")
			.withPropertyValues("spring.sql.init.mode=never")
			.withUserConfiguration(Unless.class);
		assertThat(migrate(runner)).isZero();
		assertThat(this.database.query("SELECT count(*) FROM ship")).containsExactly("0");
		assertThat(this.database.query("SELECT initializer FROM lockkeeper_script")).containsExactly("unless");
	}

	private static int migrate(ApplicationContextRunner runner) {
		AtomicInteger code = new AtomicInteger(-1);
		ExitStrategy exit = code::set;
		runner.withPropertyValues("lockkeeper.mode=migrate-only")
			.withBean(ExitStrategy.class, () -> exit)
			.run((context) -> {
			});
		return code.get();
	}

	private static SchemaState state(SchemaGate gate) {
		return gate.getStates().getOrDefault(BEAN, SchemaState.unreadable(Instant.EPOCH, null));
	}

	@Configuration(proxyBeanMethods = false)
	static class Routing {

		@Bean
		DataSourceScriptDatabaseInitializer routed(Environment environment) {
			AbstractRoutingDataSource routing = new AbstractRoutingDataSource() {

				@Override
				protected Object determineCurrentLookupKey() {
					return "nowhere";
				}

			};
			routing.setTargetDataSources(Map.of());
			routing.afterPropertiesSet();
			DatabaseInitializationSettings settings = new DatabaseInitializationSettings();
			settings.setMode(DatabaseInitializationMode.ALWAYS);
			settings.setSchemaLocations(List.of(environment.getRequiredProperty("spring.sql.init.schema-locations")));
			return new DataSourceScriptDatabaseInitializer(routing, settings);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Unless {

		@Bean
		DataSourceScriptDatabaseInitializer unless(DataSource dataSource, Environment environment) {
			DatabaseInitializationSettings settings = new DatabaseInitializationSettings();
			settings.setMode(DatabaseInitializationMode.ALWAYS);
			settings.setSchemaLocations(List.of(environment.getRequiredProperty("spring.sql.init.schema-locations")));
			return new DataSourceScriptDatabaseInitializer(dataSource, settings) {

				@Override
				public boolean initializeDatabase() {
					boolean there = !new JdbcTemplate(dataSource)
						.queryForList("select 1 from pg_class where relname = 'ship'")
						.isEmpty();
					return !there && super.initializeDatabase();
				}

			};
		}

	}

}
