// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;

import dev.lockkeeper.app.PlainApplication;
import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.exit.Verdict;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.process.Applications;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * With PostgreSQL's default search path ({@code "$user", public}) a new schema with the
 * name of the login becomes the current schema. Stock Liquibase finds no history there,
 * and applies every change set again.
 */
@FullTier
@ExtendWith(OutputCaptureExtension.class)
class MovedHistoryIT {

	private static final String PASSWORD = "owns-it";

	private static final String ONE = "me:one\ncreate table one (id int primary key);";

	private static final String TWO = "me:two\ncreate table two (id int primary key);";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final String role = this.database.getServer().createRole(PASSWORD);

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class, LiquibaseAutoConfiguration.class,
				DataSourceAutoConfiguration.class))
		.withPropertyValues("spring.datasource.url=" + this.database.getPlainUrl(),
				"spring.datasource.username=" + this.role, "spring.datasource.password=" + PASSWORD,
				"lockkeeper.mode=self", "lockkeeper.wait.max-interval=1s");

	@BeforeEach
	void letTheRoleMigrateInPublic() {
		this.database.execute("GRANT ALL ON SCHEMA public TO " + this.role);
	}

	@ParameterizedTest
	@ValueSource(strings = { "self", "defer" })
	void bothSchemasAndTheKeyAreNamedAndNothingIsWritten(String mode) {
		migrate(ONE);
		createSchemaOf(this.role);
		Verdict verdict = verdict(with(ONE, TWO).withPropertyValues("lockkeeper.mode=" + mode));
		assertThat(verdict.status()).isEqualTo(ExitStatus.CHANGELOG);
		assertThat(verdict.message()).contains("schema public", "schema " + this.role);
		assertThat(verdict.action()).contains("spring.liquibase.default-schema=public",
				"spring.liquibase.default-schema=" + this.role, "second installation");
		assertThat(tablesIn(this.role)).isEmpty();
		with(ONE, TWO).withPropertyValues("spring.liquibase.default-schema=public")
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(history("public")).containsExactly("one", "two");
		assertThat(tablesIn(this.role)).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "--status", "--dry-run" })
	void aProcessThatOnlyMigratesOrAnswersEndsWith65(String question) {
		migrate(ONE);
		createSchemaOf(this.role);
		try (JavaProcess process = JavaProcess.ofMainClass(PlainApplication.class.getName())
			.arguments("--migrate-only", question, "--spring.datasource.url=" + this.database.getPlainUrl(),
					"--spring.datasource.username=" + this.role, "--spring.datasource.password=" + PASSWORD,
					"--spring.liquibase.change-log=file:" + changeLog(ONE))
			.separateStreams()
			.start()) {
			assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isEqualTo(65);
			assertThat(process.getErrors() + process.getOutput()).contains("spring.liquibase.default-schema=public");
			assertThat(process.getOutput()).doesNotContain("PENDING", "create table");
		}
		assertThat(tablesIn(this.role)).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "spring.liquibase.default-schema", "spring.datasource.hikari.schema", "url" })
	void aNamedSchemaIsUsed(String setting) {
		migrate(ONE);
		createSchemaOf(this.role);
		String property = setting.equals("url")
				? "spring.datasource.url=%s?currentSchema=%s,public".formatted(this.database.getPlainUrl(), this.role)
				: setting + "=" + this.role;
		with(ONE).withPropertyValues(property).run((context) -> assertThat(context).hasNotFailed());
		assertThat(history(this.role)).containsExactly("one");
	}

	@Test
	void aSchemaThatHasAHistoryAlreadyIsKept() {
		createSchemaOf(this.role);
		migrate(ONE);
		assertThat(history(this.role)).containsExactly("one");
		this.database.execute(
				"CREATE TABLE public.databasechangelog AS SELECT * FROM %s.databasechangelog".formatted(this.role),
				"GRANT SELECT ON public.databasechangelog TO " + this.role);
		migrate(ONE, TWO);
		assertThat(history(this.role)).containsExactly("one", "two");
		assertThat(history("public")).containsExactly("one");
	}

	@Test
	void theHistoryOfAnotherProductDecidesNothing() {
		migrate("me:other\ncreate table other (id int);", "me:one\ncreate table one_of_the_other (id int);");
		createSchemaOf(this.role);
		migrate(ONE);
		assertThat(history(this.role)).containsExactly("one");
	}

	@Test
	void aHistoryThatMayNotBeReadDecidesNothing() {
		ApplicationContextRunner asSuperuser = with(ONE).withPropertyValues(
				"spring.datasource.url=" + this.database.getUrl(), "spring.datasource.username=",
				"spring.datasource.password=", "spring.liquibase.default-schema=public");
		asSuperuser.run((context) -> assertThat(context).hasNotFailed());
		createSchemaOf(this.role);
		migrate(ONE);
		assertThat(history(this.role)).containsExactly("one");
	}

	@Test
	void aServingProcessStaysReadyAndWarns(CapturedOutput output) {
		createSchemaOf(this.role);
		with(ONE).run((context) -> {
			SchemaGate gate = context.getBean(SchemaGate.class);
			gate.refresh();
			assertThat(gate.isOpen()).isTrue();
			this.database.execute("ALTER TABLE %s.databasechangelog SET SCHEMA public".formatted(this.role));
			gate.refresh();
			gate.refresh();
			assertThat(gate.isOpen()).isTrue();
			assertThat(stateOf(gate).status()).isEqualTo(SchemaStatus.UNREADABLE);
			this.database.execute("ALTER TABLE public.databasechangelog SET SCHEMA " + this.role);
			gate.refresh();
			assertThat(stateOf(gate).status()).isEqualTo(SchemaStatus.CURRENT);
		});
		assertThat(output.toString().lines().filter((line) -> line.matches(".* WARN .*lockkeeper - .*")))
			.singleElement()
			.asString()
			.contains("schema public", "schema " + this.role, "still ready", "spring.liquibase.default-schema=public");
	}

	@Test
	void aSchemaThatComesWhileTheRunWaitsForTheLockIsNotWrittenTo(CapturedOutput output) {
		migrate(ONE);
		this.database.execute("UPDATE lockkeeper_lock SET lock_until = timezone('utc', now()) + interval '1 hour', "
				+ "locked_by = 'another process'");
		CompletableFuture<Void> meanwhile = CompletableFuture.runAsync(() -> {
			Awaitility.await()
				.atMost(Applications.START)
				.until(() -> output.getAll().contains("lockkeeper - waiting for the lock"));
			createSchemaOf(this.role);
			this.database.execute("UPDATE lockkeeper_lock SET lock_until = timezone('utc', now())");
		});
		Verdict verdict = verdict(with(ONE, TWO));
		meanwhile.join();
		assertThat(verdict.status()).isEqualTo(ExitStatus.CHANGELOG);
		assertThat(verdict.message()).contains("schema public", "schema " + this.role);
		assertThat(tablesIn(this.role)).isEmpty();
		assertThat(history("public")).containsExactly("one");
	}

	@Test
	void aDeferringRoleWithASchemaOfItsOwnReadsWhereTheMigratorWorks(CapturedOutput output) {
		String reader = this.database.getServer().createRole(PASSWORD);
		migrate(ONE);
		this.database.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO " + reader);
		createSchemaOf(reader);
		deferring(reader, ONE).run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(context.getBean(SchemaGate.class).isOpen()).isTrue();
			migrate(ONE, TWO);
			SchemaGate gate = context.getBean(SchemaGate.class);
			gate.refresh();
			assertThat(stateOf(gate).status()).isEqualTo(SchemaStatus.AHEAD);
		});
		assertThat(output.toString().lines().filter((line) -> line.matches(".* INFO .*lockkeeper - .*")))
			.anyMatch((line) -> line.contains("the migrator works in another schema") && line.contains("public"));
	}

	@Test
	void aDeferringRoleReadsTheSchemaThatIsNamedLikeTheMigrator() {
		String reader = this.database.getServer().createRole(PASSWORD);
		createSchemaOf(this.role);
		migrate(ONE);
		assertThat(verdict(deferring(reader, ONE)).status()).as("without a right").isEqualTo(ExitStatus.TEMPORARY);
		this.database.execute("GRANT USAGE ON SCHEMA %s TO %s".formatted(this.role, reader),
				"GRANT SELECT ON ALL TABLES IN SCHEMA %s TO %s".formatted(this.role, reader));
		deferring(reader, ONE).run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(stateOf(context.getBean(SchemaGate.class)).status()).isEqualTo(SchemaStatus.CURRENT);
		});
	}

	@Test
	void aDeferringRoleIsWarnedWhenNoMigratorIsKnown() {
		String reader = this.database.getServer().createRole(PASSWORD);
		migrate(ONE);
		this.database.execute("DROP TABLE lockkeeper_lock, lockkeeper_run",
				"GRANT SELECT ON ALL TABLES IN SCHEMA public TO " + reader);
		createSchemaOf(reader);
		assertThat(verdict(deferring(reader, ONE)).status()).isEqualTo(ExitStatus.CHANGELOG);
	}

	@Test
	void aDeferringProcessFollowsItsLoginBeforeThereIsAnyHistory(CapturedOutput output) {
		ApplicationContextRunner both = with(ONE);
		CompletableFuture<Void> meanwhile = CompletableFuture.runAsync(() -> {
			Awaitility.await()
				.atMost(Applications.START)
				.until(() -> output.getAll().contains("lockkeeper - waiting for the schema"));
			createSchemaOf(this.role);
			both.run((context) -> assertThat(context).hasNotFailed());
		});
		both.withPropertyValues("lockkeeper.mode=defer", "lockkeeper.defer.wait-timeout=" + Duration.ofMinutes(20))
			.run((context) -> assertThat(context).hasNotFailed());
		meanwhile.join();
		assertThat(history(this.role)).containsExactly("one");
	}

	private ApplicationContextRunner deferring(String reader, String... changeSets) {
		return with(changeSets).withPropertyValues("spring.datasource.username=" + reader, "lockkeeper.mode=defer",
				"lockkeeper.defer.wait-timeout=2s");
	}

	private void migrate(String... changeSets) {
		with(changeSets).run((context) -> assertThat(context).hasNotFailed());
	}

	private void createSchemaOf(String login) {
		this.database.execute("CREATE SCHEMA %s AUTHORIZATION %s".formatted(login, login));
	}

	private List<String> tablesIn(String schema) {
		return this.database
			.query("SELECT relname FROM pg_class WHERE relnamespace = '%s'::regnamespace".formatted(schema));
	}

	private List<String> history(String schema) {
		return this.database.query("SELECT id FROM %s.databasechangelog ORDER BY orderexecuted".formatted(schema));
	}

	private ApplicationContextRunner with(String... changeSets) {
		return this.runner.withPropertyValues("spring.liquibase.change-log=file:" + changeLog(changeSets));
	}

	private Path changeLog(String... changeSets) {
		return Applications.changeLog(this.directory.resolve("changes.sql"), changeSets);
	}

	private static SchemaState stateOf(SchemaGate gate) {
		return Objects.requireNonNull(gate.getStates().get("liquibase"));
	}

	private static Verdict verdict(ApplicationContextRunner runner) {
		AtomicReference<@Nullable Throwable> failed = new AtomicReference<>();
		runner.run((context) -> failed.set(context.getStartupFailure()));
		LockkeeperException failure = LockkeeperException.findIn(failed.get());
		assertThat(failure).as("of Lockkeeper: %s", failed.get()).isNotNull();
		return Objects.requireNonNull(failure).toVerdict();
	}

}
