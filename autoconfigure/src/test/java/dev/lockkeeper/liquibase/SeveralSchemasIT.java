// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;

import javax.sql.DataSource;

import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.ExitStrategy;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import liquibase.integration.spring.MultiTenantSpringLiquibase;
import liquibase.integration.spring.SpringLiquibase;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.json.JsonParserFactory;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.core.env.SimpleCommandLinePropertySource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A process that governs several schemas reports which one failed, which are done and
 * which were not tried: in the analysis and in the verdict.
 */
@ExtendWith(OutputCaptureExtension.class)
class SeveralSchemasIT {

	private static final String ONE = "me:one\ncreate table one (id int primary key);";

	private static final String TWO = "me:two\ncreate table two (id int primary key);";

	private static final String DONE = "Done before it: tenants/tenant_a.";

	private static final String NOT_TRIED = "Not tried: tenants/tenant_c.";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class, LiquibaseAutoConfiguration.class,
				DataSourceAutoConfiguration.class))
		.withPropertyValues("spring.datasource.url=" + this.database.getUrl(), "spring.liquibase.enabled=false");

	private final ApplicationContextRunner tenants = this.runner.withUserConfiguration(ThreeTenants.class);

	@BeforeEach
	void createSchemas() {
		this.database.execute("CREATE SCHEMA tenant_a", "CREATE SCHEMA tenant_b", "CREATE SCHEMA tenant_c");
	}

	@Test
	void aRunThatFailsIsReportedWithItsSchemaAndTheOthers() {
		this.database.execute("CREATE TABLE tenant_b.one (id int)");
		LockkeeperException failure = failure(this.tenants.withPropertyValues(changeLog(ONE)));
		assertThat(failure.getMessage()).startsWith("Schema tenants/tenant_b: Change set ")
			.contains("No change set has been applied to the schema yet, and one change set is missing.", DONE)
			.endsWith(NOT_TRIED);
		assertThat(failure.toVerdict().message()).isEqualTo(failure.getMessage());
		assertThat(failure.toVerdict().schema()).isEqualTo("tenants/tenant_b");
		assertThat(failure.toVerdict().applied()).isOne();
	}

	@Test
	void theFirstHasNothingDoneBeforeIt() {
		this.database.execute("CREATE TABLE tenant_a.one (id int)");
		LockkeeperException failure = failure(this.tenants.withPropertyValues(changeLog(ONE)));
		assertThat(failure.getMessage()).startsWith("Schema tenants/tenant_a: ")
			.endsWith("Not tried: tenants/tenant_b, tenants/tenant_c.")
			.doesNotContain("Done before it");
	}

	@Test
	void aWaitThatFailsIsReportedWithTheOthers() {
		this.database.execute("CREATE TABLE tenant_b.one (id int)");
		failure(this.tenants.withPropertyValues(changeLog(ONE)));
		LockkeeperException failure = failure(this.tenants.withPropertyValues(changeLog(ONE), "lockkeeper.mode=defer",
				"lockkeeper.defer.wait-timeout=1s"));
		assertThat(failure.getStatus()).isEqualTo(ExitStatus.TEMPORARY);
		assertThat(failure.getMessage()).startsWith("Schema tenants/tenant_b still lacks one change set")
			.contains("Found as expected before it: tenants/tenant_a.")
			.endsWith("Not inspected: tenants/tenant_c.");
	}

	@Test
	void aProcessThatOnlyMigratesLeavesItInTheVerdict(CapturedOutput output) {
		this.database.execute("CREATE TABLE tenant_b.one (id int)");
		Path verdict = this.directory.resolve("verdict");
		migrateOnly(this.tenants.withPropertyValues(changeLog(ONE)), verdict);
		Object message = JsonParserFactory.getJsonParser().parseMap(content(verdict)).get("message");
		assertThat(message).asString()
			.startsWith("Schema tenants/tenant_b: Change set ")
			.contains("Pods that already serve go on serving.", DONE)
			.endsWith(NOT_TRIED);
		assertThat(output).contains("Description:\n\n" + message);
	}

	@Test
	void aQuestionThatFailsIsReportedWithTheOthers(CapturedOutput output) {
		this.database.execute("CREATE TABLE tenant_b.databasechangelog (id int)");
		Path verdict = this.directory.resolve("verdict");
		migrateOnly(withQuestion(this.tenants.withPropertyValues(changeLog(ONE))), verdict);
		assertThat(content(verdict)).contains("Schema tenants/tenant_b: ", "Asked before it: tenants/tenant_a.",
				"Not asked: tenants/tenant_c.");
	}

	@Test
	void pendingChangeSetsAreCountedForEachSchema() {
		failure(this.tenants.withPropertyValues(changeLog(ONE, TWO, "me:bad\ncreate wrong;")));
		Path verdict = this.directory.resolve("verdict");
		migrateOnly(withQuestion(this.tenants.withPropertyValues(changeLog(ONE, TWO))), verdict);
		assertThat(content(verdict))
			.contains("4 change sets are pending: 2 of tenants/tenant_b, 2 of tenants/tenant_c.");
	}

	@Test
	void beansThatWereNotCreatedAreNamed() {
		LockkeeperException failure = failure(this.runner.withUserConfiguration(TwoBeans.class)
			.withPropertyValues(changeLog("me:bad\ncreate wrong;")));
		assertThat(failure.getMessage()).startsWith("Schema first: Change set ").endsWith("Not tried: second.");
	}

	@Test
	void aBeanThatShallNotRunIsNoOther() {
		LockkeeperException failure = failure(this.runner.withUserConfiguration(TwoBeans.class)
			.withPropertyValues(changeLog("me:bad\ncreate wrong;"), "first-runs=false"));
		assertThat(failure.getMessage()).startsWith("Change set ").doesNotContain("first");
	}

	private static LockkeeperException failure(ApplicationContextRunner runner) {
		AtomicReference<@Nullable Throwable> failed = new AtomicReference<>();
		runner.run((context) -> failed.set(context.getStartupFailure()));
		return Objects.requireNonNull(LockkeeperException.findIn(failed.get()), "no failure of ours");
	}

	private static void migrateOnly(ApplicationContextRunner runner, Path verdict) {
		runner.withBean(ExitStrategy.class, () -> (code) -> {
		})
			.withPropertyValues("lockkeeper.mode=migrate-only", "lockkeeper.termination-message-path=" + verdict)
			.run((context) -> assertThat(context).hasFailed());
	}

	private static ApplicationContextRunner withQuestion(ApplicationContextRunner runner) {
		return runner.withInitializer((context) -> context.getEnvironment()
			.getPropertySources()
			.addFirst(new SimpleCommandLinePropertySource("--status")));
	}

	private String changeLog(String... changeSets) {
		StringBuilder text = new StringBuilder("--liquibase formatted sql\n");
		for (String changeSet : changeSets) {
			text.append("\n--changeset ").append(changeSet).append('\n');
		}
		try {
			return "changelog=file:" + Files.writeString(this.directory.resolve("several.sql"), text);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static String content(Path file) {
		try {
			return Files.readString(file);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Configuration(proxyBeanMethods = false)
	static class ThreeTenants {

		@Bean
		MultiTenantSpringLiquibase tenants(DataSource dataSource, Environment environment) {
			MultiTenantSpringLiquibase liquibase = new MultiTenantSpringLiquibase();
			liquibase.setDataSource(dataSource);
			liquibase.setSchemas(List.of("tenant_a", "tenant_b", "tenant_c"));
			liquibase.setChangeLog(environment.getRequiredProperty("changelog"));
			return liquibase;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class TwoBeans {

		@Bean
		SpringLiquibase first(DataSource dataSource, Environment environment) {
			SpringLiquibase liquibase = new SpringLiquibase();
			liquibase.setDataSource(dataSource);
			liquibase.setChangeLog(environment.getRequiredProperty("changelog"));
			liquibase.setShouldRun(environment.getProperty("first-runs", boolean.class, true));
			return liquibase;
		}

		@Bean
		SpringLiquibase second(DataSource dataSource, Environment environment) {
			SpringLiquibase liquibase = new SpringLiquibase();
			liquibase.setDataSource(dataSource);
			liquibase.setChangeLog(environment.getRequiredProperty("changelog"));
			return liquibase;
		}

	}

}
