// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway;

import java.nio.file.Path;
import java.util.Objects;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.lock.LockAddress;
import dev.lockkeeper.lock.lease.LeaseLocks;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.testsupport.SampledCases;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Flyway judges what a schema has in it as if our own tables were not there.
 */
@ExtendWith(OutputCaptureExtension.class)
class FirstHistoryIT {

	private static final String HISTORY = "SELECT type || ' ' || coalesce(version, '') FROM flyway_schema_history "
			+ "ORDER BY installed_rank";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@ParameterizedTest
	@SampledCases
	@ValueSource(booleans = { false, true })
	void anEmptySchemaGetsEveryMigrationWhateverItsBaseline(boolean baseline) {
		run(application("spring.flyway.baseline-on-migrate=" + baseline));
		assertThat(this.database.query(HISTORY)).containsExactly("SQL 1", "SQL 2");
		assertThat(this.database.query("SELECT id FROM ship")).isEmpty();
	}

	@ParameterizedTest
	@SampledCases
	@ValueSource(booleans = { false, true })
	void aProcessThatComesAfterOursWereMadeAloneGetsEveryMigration(boolean baseline) {
		createOurTables();
		run(application("spring.flyway.baseline-on-migrate=" + baseline));
		assertThat(this.database.query(HISTORY)).containsExactly("SQL 1", "SQL 2");
	}

	@ParameterizedTest
	@SampledCases
	@ValueSource(booleans = { false, true })
	void stockFlywayMigratesAfterARunThatDiedBeforeItsFirstMigration(boolean baseline) throws Exception {
		Flyway bean = files().stock(this.database).baselineOnMigrate(baseline).load();
		FlywayTables tables;
		try (var connection = this.database.open()) {
			tables = FlywayTables.find(bean.getConfiguration(), connection);
		}
		new FirstHistory(FlywayBean.of("shop", bean), Connections.of(this.database), tables,
				Migrations.of(bean.info().all()))
			.create();
		createOurTables();
		files().stock(this.database).baselineOnMigrate(baseline).load().migrate();
		assertThat(this.database.query(HISTORY)).containsExactly("SQL 1", "SQL 2");
	}

	@Test
	void contentOfTheUserIsRefusedWithoutABaseline() {
		this.database.execute("CREATE TABLE legacy (id int)");
		application().run((context) -> {
			LockkeeperException failure = failure(context);
			assertThat(failure.getStatus()).isEqualTo(ExitStatus.CONFIG);
			assertThat(failure).hasMessageContaining("Found non-empty schema(s) \"public\"");
			assertThat(failure.getAction()).contains("spring.flyway.baseline-on-migrate=true");
		});
		assertThat(this.database.query("SELECT relname FROM pg_class WHERE relname LIKE 'lockkeeper%'")).isEmpty();
	}

	@Test
	void contentOfTheUserIsBaselined() {
		this.database.execute("CREATE TABLE legacy (id int)");
		run(application("spring.flyway.baseline-on-migrate=true"));
		assertThat(this.database.query(HISTORY)).containsExactly("BASELINE 1", "SQL 2");
	}

	@Test
	void tablesOfLiquibaseAreNamedWithTheCureBeforeAnythingRuns() {
		createTablesOfLiquibase();
		application().run((context) -> {
			LockkeeperException failure = failure(context);
			assertThat(failure.getStatus()).isEqualTo(ExitStatus.CONFIG);
			assertThat(failure).hasMessageContaining("Database schema public has tables of Liquibase");
			assertThat(failure.getAction()).contains("spring.flyway.baseline-version=0");
		});
		assertThat(this.database.query("SELECT relname FROM pg_class WHERE relname LIKE 'flyway%'")).isEmpty();
		run(application("spring.flyway.baseline-on-migrate=true", "spring.flyway.baseline-version=0"));
		assertThat(this.database.query(HISTORY)).containsExactly("BASELINE 0", "SQL 1", "SQL 2");
	}

	@Test
	void migrationsThatABaselinePassesOverBesideLiquibaseAreNamed(CapturedOutput output) {
		createTablesOfLiquibase();
		run(application("spring.flyway.baseline-on-migrate=true"));
		assertThat(output).contains("WARN")
			.contains("baseline-version 1: 1 - ship); if that is not there yet")
			.contains("spring.flyway.baseline-version=0");
		assertThat(this.database.query(HISTORY)).containsExactly("BASELINE 1", "SQL 2");
	}

	@Test
	void codeWithoutMigrationsHasAHistoryAsWithStockFlyway(CapturedOutput output) {
		run(MigrationFiles.in(this.directory.resolve("none")).application(this.database));
		assertThat(this.database.query(HISTORY)).isEmpty();
		assertThat(output).contains("nothing to do (schema flywayInitializer, CURRENT, 0 applied)")
			.doesNotContain("another process has migrated");
		files().stock(this.database).load().migrate();
		assertThat(this.database.query(HISTORY)).containsExactly("SQL 1", "SQL 2");
	}

	@Test
	void extensionsAreNoContent() {
		this.database.execute("CREATE EXTENSION IF NOT EXISTS btree_gist");
		createOurTables();
		run(application());
		assertThat(this.database.query(HISTORY)).containsExactly("SQL 1", "SQL 2");
	}

	private void createOurTables() {
		LockAddress address = new LockAddress("public.flyway_schema_history", "\"public\".\"lockkeeper_lock\"",
				Connections.of(this.database).limited());
		new LeaseLocks(java.time.Duration.ofMinutes(1), "shop").at(address).tryAcquire().orElseThrow().close();
		assertThat(this.database.query("SELECT name FROM lockkeeper_lock"))
			.containsExactly("public.flyway_schema_history");
	}

	private void createTablesOfLiquibase() {
		this.database.execute("CREATE TABLE databasechangelog (id text)",
				"CREATE TABLE databasechangeloglock (id int)");
	}

	private MigrationFiles files() {
		return MigrationFiles.in(this.directory.resolve("migrations"), "V1__ship.sql\nCREATE TABLE ship (id int);",
				"V2__port.sql\nCREATE TABLE port (id int);");
	}

	private ApplicationContextRunner application(String... properties) {
		return files().application(this.database).withPropertyValues(properties);
	}

	private static void run(ApplicationContextRunner application) {
		application.run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(MigrationFiles.state(context).status()).isEqualTo(SchemaStatus.CURRENT);
		});
	}

	private static LockkeeperException failure(AssertableApplicationContext context) {
		return Objects.requireNonNull(LockkeeperException.findIn(context.getStartupFailure()));
	}

}
