// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;

import javax.sql.DataSource;

import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.exit.Verdict;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import liquibase.integration.spring.MultiTenantSpringLiquibase;
import liquibase.integration.spring.SpringLiquibase;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A setting names a schema that does not exist: no change set has failed, so none is
 * blamed, and nothing is written. Stock Liquibase fails while it creates its history
 * table.
 */
@FullTier
@ExtendWith(OutputCaptureExtension.class)
class MissingSchemaIT {

	private static final String ONE = "me:one\ncreate table one (id int primary key);";

	private static final String RELATIONS = "SELECT nspname || '.' || relname FROM pg_class c JOIN pg_namespace n "
			+ "ON n.oid = relnamespace WHERE nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class, LiquibaseAutoConfiguration.class,
				DataSourceAutoConfiguration.class))
		.withPropertyValues("spring.datasource.url=" + this.database.getUrl(), "lockkeeper.wait.max-interval=1s");

	@ParameterizedTest
	@CsvSource({ "default-schema, defaultSchema", "liquibase-schema, liquibaseSchema" })
	void theKeyAndTheStatementAreNamedAndNothingIsWritten(String key, String property) {
		Verdict verdict = verdict(this.runner.withPropertyValues(changeLog(ONE), "lockkeeper.mode=self",
				"spring.liquibase.%s=absent".formatted(key)));
		assertThat(verdict.status()).isEqualTo(ExitStatus.CONFIG);
		assertThat(verdict.schema()).isEqualTo("liquibase");
		assertThat(verdict.changeSet()).isNull();
		assertThat(verdict.message())
			.isEqualTo("The database schema absent does not exist: spring.liquibase.%s (%s of bean liquibase) names it."
				.formatted(key, property));
		assertThat(verdict.action()).contains("CREATE SCHEMA absent;", "spring.liquibase." + key)
			.doesNotContain("Correct the change set");
		assertThat(this.database.query(RELATIONS)).isEmpty();
		this.database.execute(statementIn(verdict));
		assertThat(verdictOrNull(this.runner.withPropertyValues(changeLog(ONE), "lockkeeper.mode=self",
				"spring.liquibase.%s=absent".formatted(key))))
			.isNull();
	}

	@Test
	void aNameIsQuotedAsLiquibaseQuotesIt() {
		Verdict verdict = verdict(this.runner.withPropertyValues(changeLog(ONE), "lockkeeper.mode=self",
				"spring.liquibase.default-schema=Not-There"));
		this.database.execute(statementIn(verdict));
		ApplicationContextRunner again = this.runner.withPropertyValues(changeLog(ONE), "lockkeeper.mode=self",
				"spring.liquibase.default-schema=Not-There");
		Verdict next = verdictOrNull(again);
		assertThat((next != null) ? next.message() : "").doesNotContain("does not exist");
	}

	@ParameterizedTest
	@ValueSource(strings = { "--status", "--dry-run", "" })
	void aProcessThatOnlyMigratesOrAnswersEndsWith78(String question) {
		try (JavaProcess process = JavaProcess.ofMainClass("dev.lockkeeper.app.PlainApplication")
			.arguments("--migrate-only", question, "--spring.datasource.url=" + this.database.getUrl(),
					"--spring.liquibase.default-schema=absent", "--spring." + liquibaseChangeLog(ONE))
			.separateStreams()
			.start()) {
			assertThat(process.awaitExit(Duration.ofMinutes(2))).as(process::getErrors).isEqualTo(78);
			assertThat(process.getErrors() + process.getOutput()).contains("CREATE SCHEMA absent;");
			assertThat(process.getOutput()).doesNotContain("PENDING");
		}
		assertThat(this.database.query(RELATIONS)).isEmpty();
	}

	@Test
	void oneTenantWithoutItsSchemaIsNamedAndTheOthersAreMigrated() {
		this.database.execute("CREATE SCHEMA tenant_a");
		Verdict verdict = verdict(
				tenants().withPropertyValues(changeLog(ONE), "schemas=tenant_a,tenant_b", "lockkeeper.mode=self"));
		assertThat(verdict.status()).isEqualTo(ExitStatus.CONFIG);
		assertThat(verdict.schema()).isEqualTo("tenants/tenant_b");
		assertThat(verdict.message())
			.contains("The database schema tenant_b does not exist: schemas of bean tenants names it.");
		assertThat(verdict.action()).contains("CREATE SCHEMA tenant_b;", "schemas of bean tenants");
		assertThat(verdict.applied()).isOne();
		assertThat(this.database.query("SELECT id FROM tenant_a.databasechangelog")).containsExactly("one");
	}

	@Test
	void theSchemaOfTheHistoryOfAllTenantsIsNamedByItsOwnProperty() {
		this.database.execute("CREATE SCHEMA tenant_a");
		Verdict verdict = verdict(tenants().withPropertyValues(changeLog(ONE), "schemas=tenant_a",
				"history-schema=absent", "lockkeeper.mode=self"));
		assertThat(verdict.status()).isEqualTo(ExitStatus.CONFIG);
		assertThat(verdict.message())
			.contains("The database schema absent does not exist: liquibaseSchema of bean tenants names it.");
	}

	@Test
	void aDeferringProcessWarnsAtOnceAndEndsWith78AtTheEndOfItsWait(CapturedOutput output) {
		Verdict verdict = verdict(this.runner.withPropertyValues(changeLog(ONE), "lockkeeper.mode=defer",
				"lockkeeper.defer.wait-timeout=2s", "spring.liquibase.default-schema=absent"));
		assertThat(verdict.status()).isEqualTo(ExitStatus.CONFIG);
		assertThat(verdict.action()).contains("CREATE SCHEMA absent;");
		assertThat(output.toString().lines().filter((line) -> line.matches(".* WARN .*lockkeeper - .*")))
			.singleElement()
			.asString()
			.contains("lockkeeper - ", "absent does not exist", "CREATE SCHEMA absent;",
					"spring.liquibase.default-schema");
		assertThat(this.database.query(RELATIONS)).isEmpty();
	}

	@Test
	void aDeferringProcessServesOnceTheSchemaIsCreatedAndMigrated(CapturedOutput output) {
		CompletableFuture<Void> remedy = CompletableFuture.runAsync(() -> {
			Awaitility.await().atMost(Duration.ofMinutes(10)).until(() -> output.getAll().contains("WARN"));
			this.database.execute("CREATE SCHEMA absent");
			this.runner
				.withPropertyValues(changeLog(ONE), "lockkeeper.mode=self", "spring.liquibase.default-schema=absent")
				.run((context) -> assertThat(context).hasNotFailed());
		});
		this.runner
			.withPropertyValues(changeLog(ONE), "lockkeeper.mode=defer", "lockkeeper.defer.wait-timeout=20m",
					"spring.liquibase.default-schema=absent")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(context.getBean(SchemaGate.class).isOpen()).isTrue();
			});
		remedy.join();
	}

	@Test
	void aProcessThatServesAtOnceSaysWhyItIsNotReady(CapturedOutput output) {
		this.runner
			.withPropertyValues(changeLog(ONE), "lockkeeper.mode=defer", "lockkeeper.defer.startup=serve",
					"spring.liquibase.default-schema=absent")
			.run((context) -> {
				SchemaGate gate = context.getBean(SchemaGate.class);
				gate.refresh();
				gate.refresh();
				assertThat(gate.isOpen()).isFalse();
				assertThat(stateOf(gate).problem()).contains("absent does not exist");
			});
		assertThat(output.toString().lines().filter((line) -> line.matches(".* WARN .*lockkeeper - .*")))
			.singleElement()
			.asString()
			.contains("absent does not exist", "CREATE SCHEMA absent;");
	}

	@Test
	void aServingProcessWhoseSchemaIsGoneIsNotReady(CapturedOutput output) {
		this.database.execute("CREATE SCHEMA there");
		this.runner.withPropertyValues(changeLog(ONE), "lockkeeper.mode=self", "spring.liquibase.default-schema=there")
			.run((context) -> {
				SchemaGate gate = context.getBean(SchemaGate.class);
				gate.refresh();
				assertThat(gate.isOpen()).isTrue();
				this.database.execute("ALTER SCHEMA there RENAME TO away");
				gate.refresh();
				assertThat(gate.isOpen()).isFalse();
				assertThat(stateOf(gate).status()).isEqualTo(SchemaStatus.UNREADABLE);
				this.database.execute("ALTER SCHEMA away RENAME TO there");
				gate.refresh();
				assertThat(gate.isOpen()).isTrue();
			});
		assertThat(output.toString().lines().filter((line) -> line.matches(".* WARN .*lockkeeper - .*")))
			.singleElement()
			.asString()
			.contains("there does not exist", "not ready", "CREATE SCHEMA there;");
	}

	/**
	 * Stock Liquibase ends with 0: the history is elsewhere.
	 */
	@Test
	void aDefaultSchemaThatAChangeSetCreatesNeedNotBeThere() {
		this.runner
			.withPropertyValues(
					changeLog("me:schema\ncreate schema if not exists absent;",
							"me:table\ncreate table absent.one (id int);"),
					"lockkeeper.mode=self", "spring.liquibase.default-schema=absent",
					"spring.liquibase.liquibase-schema=public")
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(this.database.query("SELECT id FROM public.databasechangelog ORDER BY orderexecuted"))
			.containsExactly("schema", "table");
	}

	@Test
	void aDefaultSchemaThatNoChangeSetCreatesMustBeThere() {
		Verdict verdict = verdict(this.runner.withPropertyValues(changeLog(ONE), "lockkeeper.mode=self",
				"spring.liquibase.default-schema=absent", "spring.liquibase.liquibase-schema=public"));
		assertThat(verdict.status()).isEqualTo(ExitStatus.CONFIG);
		assertThat(verdict.message()).contains("spring.liquibase.default-schema");
		assertThat(this.database.query(RELATIONS)).isEmpty();
	}

	/**
	 * A bean that runs before this one creates the schema. An inspection changes nothing,
	 * so it cannot have the schema created.
	 */
	@Test
	void aSchemaThatAnEarlierBeanWouldCreateIsPending(CapturedOutput output) {
		this.runner.withUserConfiguration(TwoBeans.class)
			.withPropertyValues(changeLog(ONE), "lockkeeper.mode=defer", "lockkeeper.defer.startup=serve",
					"first=" + file("first.sql", "me:schema\ncreate schema absent;"))
			.run((context) -> {
				SchemaGate gate = context.getBean(SchemaGate.class);
				gate.refresh();
				assertThat(gate.getStates()).containsOnlyKeys("first", "second");
				assertThat(gate.getStates().values())
					.allSatisfy((state) -> assertThat(state.status()).isEqualTo(SchemaStatus.PENDING));
			});
		assertThat(output).doesNotContain("does not exist");
		this.runner.withUserConfiguration(TwoBeans.class)
			.withPropertyValues(changeLog(ONE), "lockkeeper.mode=self",
					"first=" + file("first.sql", "me:schema\ncreate schema absent;"))
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(this.database.query("SELECT id FROM absent.databasechangelog")).containsExactly("one");
	}

	@Test
	void aSearchPathWithoutAnySchemaIsShown() {
		ApplicationContextRunner elsewhere = this.runner.withPropertyValues(changeLog(ONE), "lockkeeper.mode=self",
				"spring.datasource.url=" + this.database.getUrl() + "&currentSchema=absent,\"Not,there\"");
		Verdict verdict = verdict(elsewhere);
		assertThat(verdict.status()).isEqualTo(ExitStatus.CONFIG);
		assertThat(verdict.message()).contains("search path", "absent");
		assertThat(verdict.action()).contains("CREATE SCHEMA", "currentSchema");
		assertThat(this.database.query(RELATIONS)).isEmpty();
		this.database.execute(statementIn(verdict));
		elsewhere.run((context) -> assertThat(context).hasNotFailed());
		assertThat(this.database.query("SELECT id FROM absent.databasechangelog")).containsExactly("one");
	}

	@Test
	void aSchemaThatIsCreatedAndMigratedBetweenTwoInspectionsHasItsOwnLock(CapturedOutput output) {
		String url = "spring.datasource.url=" + this.database.getUrl() + "&currentSchema=later";
		CompletableFuture<Void> remedy = CompletableFuture.runAsync(() -> {
			Awaitility.await().atMost(Duration.ofMinutes(10)).until(() -> output.getAll().contains("WARN"));
			this.database.execute("CREATE SCHEMA hidden");
			this.runner
				.withPropertyValues(changeLog(ONE), "lockkeeper.mode=self",
						"spring.datasource.url=" + this.database.getUrl() + "&currentSchema=hidden")
				.run((context) -> assertThat(context).hasNotFailed());
			this.database.execute(
					"UPDATE hidden.lockkeeper_lock SET name = 'later.databasechangeloglock', "
							+ "locked_by = 'pod-7', lock_until = timezone('utc', now()) + interval '1 hour'",
					"ALTER SCHEMA hidden RENAME TO later");
		});
		this.runner
			.withPropertyValues(changeLog(ONE), url, "lockkeeper.mode=defer", "lockkeeper.defer.wait-timeout=20m")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(stateOf(context.getBean(SchemaGate.class)).lock()).isNotNull();
			});
		remedy.join();
	}

	@Test
	void aSearchPathWhoseOnlySchemaMayNotBeUsedIsAMatterOfRights() {
		String role = this.database.getServer().createRole("uses-nothing");
		this.database.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC");
		ApplicationContextRunner asRole = this.runner.withPropertyValues(changeLog(ONE),
				"spring.datasource.url=" + this.database.getPlainUrl(), "spring.datasource.username=" + role,
				"spring.datasource.password=uses-nothing");
		for (String mode : List.of("self", "defer")) {
			Verdict verdict = verdict(
					asRole.withPropertyValues("lockkeeper.mode=" + mode, "lockkeeper.defer.wait-timeout=1s"));
			assertThat(verdict.status()).isEqualTo(ExitStatus.PERMISSION);
			assertThat(verdict.action()).contains("GRANT USAGE ON SCHEMA public TO " + role);
		}
		String usage = "GRANT USAGE ON SCHEMA public TO " + role;
		this.database.execute(usage);
		Verdict next = verdict(asRole.withPropertyValues("lockkeeper.mode=self"));
		List<String> statements = AdvisedSql.in(Objects.requireNonNull(next.action()));
		assertThat(statements).isNotEmpty().doesNotContain(usage);
		statements.forEach(this.database::execute);
		asRole.withPropertyValues("lockkeeper.mode=self").run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void onH2TheAnswerIsTheSame() {
		Verdict verdict = verdict(this.runner.withPropertyValues(changeLog(ONE), "lockkeeper.mode=self",
				"spring.datasource.url=jdbc:h2:file:" + this.directory.resolve("h2"),
				"spring.liquibase.default-schema=absent"));
		assertThat(verdict.status()).isEqualTo(ExitStatus.CONFIG);
		assertThat(verdict.message()).containsIgnoringCase("schema absent does not exist");
		assertThat(verdict.action()).containsIgnoringCase("CREATE SCHEMA absent;");
	}

	private ApplicationContextRunner tenants() {
		return this.runner.withUserConfiguration(Tenants.class);
	}

	private static SchemaState stateOf(SchemaGate gate) {
		return Objects.requireNonNull(gate.getStates().get("liquibase"));
	}

	private static String statementIn(Verdict verdict) {
		String action = Objects.requireNonNull(verdict.action());
		int begin = action.indexOf("CREATE SCHEMA");
		return action.substring(begin, action.indexOf(';', begin));
	}

	private static Verdict verdict(ApplicationContextRunner runner) {
		return Objects.requireNonNull(verdictOrNull(runner), "it has not failed");
	}

	private static @Nullable Verdict verdictOrNull(ApplicationContextRunner runner) {
		AtomicReference<@Nullable Throwable> failed = new AtomicReference<>();
		runner.run((context) -> failed.set(context.getStartupFailure()));
		if (failed.get() == null) {
			return null;
		}
		LockkeeperException failure = LockkeeperException.findIn(failed.get());
		assertThat(failure).as("of Lockkeeper: %s", failed.get()).isNotNull();
		return Objects.requireNonNull(failure).toVerdict();
	}

	private String changeLog(String... changeSets) {
		return "spring." + liquibaseChangeLog(changeSets);
	}

	private String liquibaseChangeLog(String... changeSets) {
		return "liquibase.change-log=file:" + file("changes.sql", changeSets);
	}

	private Path file(String name, String... changeSets) {
		String text = Stream.of(changeSets)
			.map((changeSet) -> "\n--changeset " + changeSet + '\n')
			.reduce("--liquibase formatted sql\n", String::concat);
		try {
			return Files.writeString(this.directory.resolve(name), text);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Configuration(proxyBeanMethods = false)
	static class Tenants {

		@Bean
		MultiTenantSpringLiquibase tenants(DataSource dataSource, Environment environment) {
			MultiTenantSpringLiquibase liquibase = new MultiTenantSpringLiquibase();
			liquibase.setDataSource(dataSource);
			liquibase.setSchemas(List.of(environment.getRequiredProperty("schemas", String[].class)));
			liquibase.setLiquibaseSchema(environment.getProperty("history-schema"));
			liquibase.setChangeLog(environment.getRequiredProperty("spring.liquibase.change-log"));
			return liquibase;
		}

		@Bean
		static SpringLiquibase liquibase() {
			SpringLiquibase none = new SpringLiquibase();
			none.setShouldRun(false);
			return none;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class TwoBeans {

		@Bean
		SpringLiquibase first(DataSource dataSource, Environment environment) {
			SpringLiquibase liquibase = new SpringLiquibase();
			liquibase.setDataSource(dataSource);
			liquibase.setChangeLog("file:" + environment.getRequiredProperty("first"));
			return liquibase;
		}

		@Bean
		SpringLiquibase second(DataSource dataSource, SpringLiquibase first, Environment environment) {
			SpringLiquibase liquibase = new SpringLiquibase();
			liquibase.setDataSource(dataSource);
			liquibase.setDefaultSchema("absent");
			liquibase.setChangeLog(environment.getRequiredProperty("spring.liquibase.change-log"));
			return liquibase;
		}

	}

}
