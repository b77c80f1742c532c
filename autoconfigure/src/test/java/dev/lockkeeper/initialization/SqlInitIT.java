// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.initialization;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;

import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.ExitStrategy;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceInitializationAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The scripts of {@code spring.sql.init} are governed beside a changelog.
 */
@ExtendWith(OutputCaptureExtension.class)
class SqlInitIT {

	private static final String BEAN = "dataSourceScriptDatabaseInitializer";

	private static final String CHANGE_LOG = """
			--liquibase formatted sql
			--changeset me:harbour
			create table harbour (id int primary key);
			""";

	private static final String SCHEMA = "create table if not exists ship (id int, harbour int references harbour);";

	private static final String DATA = "insert into harbour values (1) on conflict do nothing; insert into ship values (1, 1);";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private ApplicationContextRunner runner(String schema, String data) {
		return new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class,
					LiquibaseAutoConfiguration.class, DataSourceAutoConfiguration.class,
					DataSourceInitializationAutoConfiguration.class, JdbcTemplateAutoConfiguration.class))
			.withPropertyValues("spring.datasource.url=" + this.database.getUrl(),
					"spring.liquibase.change-log=" + write("changelog.sql", CHANGE_LOG), "spring.sql.init.mode=always",
					"spring.sql.init.schema-locations=" + write("schema.sql", schema),
					"spring.sql.init.data-locations=" + write("data.sql", data));
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
	void eachProcessThatMigratesItselfExecutesThemAfterTheChangeLog() {
		for (int start = 1; start <= 2; start++) {
			runner(SCHEMA, DATA).run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(state(context.getBean(SchemaGate.class)).status()).isEqualTo(SchemaStatus.CURRENT);
			});
			assertThat(this.database.query("SELECT count(*) FROM ship")).containsExactly(String.valueOf(start));
		}
		assertThat(this.database.query("SELECT initializer || ' ' || script FROM lockkeeper_script ORDER BY run_order"))
			.containsExactly(BEAN + " schema.sql", BEAN + " data.sql");
		assertThat(this.database.query("SELECT status || ' ' || applied FROM lockkeeper_run WHERE schema_name = '"
				+ BEAN + "' ORDER BY run_number"))
			.containsExactly("DONE 2", "DONE 2");
		assertThat(this.database.query("SELECT count(*) FROM lockkeeper_run WHERE schema_name = 'liquibase'"))
			.containsExactly("1");
		this.database.awaitNoSessions();
	}

	@Test
	void aProcessThatMigratesAndExitsExecutesThem() {
		assertThat(migrate(runner(SCHEMA, DATA))).isZero();
		assertThat(this.database.query("SELECT count(*) FROM ship")).containsExactly("1");
	}

	@Test
	void aProcessThatDefersWaitsForTheirRecords() {
		assertThat(migrate(runner(SCHEMA, DATA))).isZero();
		runner(SCHEMA, DATA + "\n-- the next release\ninsert into ship values (2, 1);")
			.withPropertyValues("lockkeeper.mode=defer", "lockkeeper.defer.wait-timeout=1ms")
			.run((context) -> {
				LockkeeperException failure = LockkeeperException.findIn(context.getStartupFailure());
				assertThat(failure).hasMessageContaining("data.sql")
					.extracting(LockkeeperException::getStatus)
					.isEqualTo(ExitStatus.TEMPORARY);
			});
		assertThat(this.database.query("SELECT count(*) FROM ship")).containsExactly("1");
		runner(SCHEMA, DATA).withPropertyValues("lockkeeper.mode=defer").run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(state(context.getBean(SchemaGate.class)).applied()).isEqualTo(2);
		});
		assertThat(this.database.query("SELECT count(*) FROM ship")).containsExactly("1");
	}

	@Test
	void aProcessThatDefersGoesOnWhereNothingIsRecorded(CapturedOutput output) {
		assertThat(migrate(runner(SCHEMA, DATA))).isZero();
		this.database.execute("DROP TABLE lockkeeper_script");
		runner(SCHEMA, DATA).withPropertyValues("lockkeeper.mode=defer").run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(state(context.getBean(SchemaGate.class)).status()).isEqualTo(SchemaStatus.CURRENT);
		});
		assertThat(output)
			.containsOnlyOnce("lockkeeper - nothing shows whether the scripts were executed (schema " + BEAN)
			.contains("schema.sql, data.sql", "spring.sql.init.mode=never", "lockkeeper.initializers=boot");
	}

	@Test
	void aFailingScriptEndsTheRunWithItsNameAndStatement(CapturedOutput output) {
		assertThat(migrate(runner(SCHEMA, "insert into ship values (1);\ninsert into freight values (7);")))
			.isEqualTo(ExitStatus.MIGRATION.getCode());
		assertThat(output).contains("Statement 2 of data.sql, insert into freight values (7): ERROR");
		assertThat(this.database
			.query("SELECT status || ' ' || change_set_id FROM lockkeeper_run WHERE schema_name = '" + BEAN + "'"))
			.containsExactly("MIGRATION data.sql");
		assertThat(migrate(runner(SCHEMA, DATA))).isZero();
	}

	@Test
	void aScriptThatIsMissingIsAWrongChangeLog() {
		assertThat(migrate(
				runner(SCHEMA, DATA).withPropertyValues("spring.sql.init.schema-locations=classpath:missing.sql")))
			.isEqualTo(ExitStatus.CHANGELOG.getCode());
	}

	@Test
	void leavesThemToSpringBootOnRequest() {
		assertThat(migrate(runner(SCHEMA, DATA).withPropertyValues("lockkeeper.initializers=boot"))).isZero();
		assertThat(this.database.query("SELECT to_regclass('ship') IS NULL")).containsExactly("t");
		runner(SCHEMA, DATA).withPropertyValues("lockkeeper.mode=defer", "lockkeeper.initializers=boot")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(context.getBean(SchemaGate.class).getStates()).hasSize(1);
			});
		assertThat(this.database.query("SELECT count(*) FROM ship")).containsExactly("1");
	}

	@Test
	void theInitializerThatDoesNothingIsNoSchema() {
		runner(SCHEMA, DATA).withPropertyValues("spring.sql.init.mode=embedded").run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(context.getBean(SchemaGate.class).getStates()).hasSize(1);
		});
		assertThat(this.database.query("SELECT to_regclass('ship') IS NULL")).containsExactly("t");
	}

	private static int migrate(ApplicationContextRunner runner) {
		AtomicInteger code = new AtomicInteger(0);
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

}
