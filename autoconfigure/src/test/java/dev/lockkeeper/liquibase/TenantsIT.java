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
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import dev.lockkeeper.actuate.page.PageContext;
import dev.lockkeeper.actuate.endpoint.SchemaEndpoint;
import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.ExitStrategy;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.mode.ModeDecision;
import dev.lockkeeper.question.PendingSql;
import dev.lockkeeper.schema.RunOrigin;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import liquibase.exception.LiquibaseException;
import liquibase.integration.spring.MultiTenantSpringLiquibase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Each tenant of a {@link MultiTenantSpringLiquibase} is a governed schema of its own.
 */
class TenantsIT {

	private static final String ONE = "me:one\ncreate table one (id int primary key);";

	private static final String TWO = "me:two\ncreate table two (id int primary key);";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class, LiquibaseAutoConfiguration.class,
				DataSourceAutoConfiguration.class))
		.withPropertyValues("spring.datasource.url=" + this.database.getUrl(), "spring.liquibase.enabled=false");

	private final ApplicationContextRunner tenants = this.runner.withUserConfiguration(TenantsConfiguration.class);

	@BeforeEach
	void createSchemas() {
		this.database.execute("CREATE SCHEMA tenant_a", "CREATE SCHEMA tenant_b");
	}

	@Test
	void eachTenantIsMigratedUnderItsOwnLease() {
		this.tenants.withPropertyValues(changeLog(ONE)).run((context) -> {
			assertThat(context).hasNotFailed();
			SchemaGate gate = context.getBean(SchemaGate.class);
			assertThat(gate.getStates()).containsOnlyKeys("tenants/tenant_a", "tenants/tenant_b");
			assertThat(gate.getStates().values())
				.allSatisfy((state) -> assertThat(state.status()).isEqualTo(SchemaStatus.CURRENT));
			assertThat(context.getBean(HikariDataSource.class).isRunning()).isFalse();
			MultiTenantSpringLiquibase bean = context.getBean(MultiTenantSpringLiquibase.class);
			assertThat(bean.getDataSource()).isSameAs(context.getBean(DataSource.class));
			assertThat(bean.getSchemas()).containsExactly("tenant_a", "tenant_b");
			assertThat(bean.getDefaultSchema()).isNull();
		});
		for (String schema : List.of("tenant_a", "tenant_b")) {
			assertThat(history(schema)).containsExactly("one");
			assertThat(this.database.query("SELECT name FROM %s.lockkeeper_lock".formatted(schema)))
				.containsExactly(schema + ".databasechangeloglock");
			assertThat(this.database.query("SELECT count(*) FROM %s.one".formatted(schema))).containsExactly("0");
		}
	}

	@Test
	@FullTier
	void theLeaseOfOneTenantHoldsUpThatTenantAlone() {
		this.tenants.withPropertyValues(changeLog(ONE)).run((context) -> assertThat(context).hasNotFailed());
		this.database.execute("UPDATE tenant_b.lockkeeper_lock SET lock_until = timezone('utc', now()) + interval "
				+ "'1 hour', locked_by = 'another process'");
		this.tenants.withPropertyValues(changeLog(ONE, TWO), "lockkeeper.lock.wait-timeout=2s")
			.run((context) -> assertThat(statusOfFailure(context)).isEqualTo(ExitStatus.TEMPORARY));
		assertThat(history("tenant_a")).containsExactly("one", "two");
		assertThat(history("tenant_b")).containsExactly("one");
	}

	@Test
	void theEndpointShowsEachTenant() {
		this.tenants.withPropertyValues(changeLog(ONE)).run((context) -> {
			SchemaEndpoint endpoint = new SchemaEndpoint(context.getBean(SchemaGate.class),
					context.getBean(ModeDecision.class),
					PageContext.of(context.getBean(RunOrigin.class), "schema", null));
			assertThat(endpoint.schemas().schemas()).containsOnlyKeys("tenants/tenant_a", "tenants/tenant_b");
			assertThat(endpoint.schemas().schemas().values())
				.allSatisfy((schema) -> assertThat(schema.applied()).isOne());
		});
	}

	@Test
	@FullTier
	void theSqlOfATenantIsForItsSchemaAlone() {
		this.tenants.withPropertyValues(changeLog(ONE), "schemas=tenant_a").run((context) -> {
		});
		this.tenants.withPropertyValues(changeLog(ONE), "lockkeeper.mode=defer", "lockkeeper.defer.startup=serve")
			.run((context) -> {
				PendingSql sql = new PendingSql(context.getBean(SchemaGate.class));
				assertThat(sql.of("tenants")).isNull();
				assertThat(Objects.requireNonNull(sql.of("tenants/tenant_a")).text()).contains("nothing is pending");
				assertThat(Objects.requireNonNull(sql.of("tenants/tenant_b")).text())
					.contains("create table one", "INSERT INTO tenant_b.databasechangelog")
					.doesNotContain("tenant_a");
			});
		assertThat(this.database.query("SELECT tablename FROM pg_tables WHERE schemaname = 'tenant_b'")).isEmpty();
	}

	@Test
	@FullTier
	void deferWaitsForEveryTenantAndWritesNothing() {
		ApplicationContextRunner defer = this.tenants.withPropertyValues(changeLog(ONE), "lockkeeper.mode=defer");
		defer.withPropertyValues("lockkeeper.defer.wait-timeout=1s")
			.run((context) -> assertThat(statusOfFailure(context)).isEqualTo(ExitStatus.TEMPORARY));
		assertThat(this.database.query("SELECT tablename FROM pg_tables WHERE schemaname LIKE 'tenant%'")).isEmpty();
		CompletableFuture<Void> migration = CompletableFuture.runAsync(
				() -> this.tenants.withPropertyValues(changeLog(ONE), "lockkeeper.mode=self")
					.run((context) -> assertThat(context).hasNotFailed()),
				CompletableFuture.delayedExecutor(1, TimeUnit.SECONDS));
		defer.withPropertyValues("lockkeeper.defer.wait-timeout=" + Duration.ofMinutes(2))
			.run((context) -> assertThat(context.getBean(SchemaGate.class).isOpen()).isTrue());
		migration.join();
	}

	@Test
	void migrateOnlyMigratesEveryTenantAndEndsWithItsCode() {
		AtomicInteger code = new AtomicInteger(-1);
		Path verdict = this.directory.resolve("verdict");
		this.tenants.withBean(ExitStrategy.class, () -> code::set)
			.withPropertyValues(changeLog(ONE), "lockkeeper.mode=migrate-only",
					"lockkeeper.termination-message-path=" + verdict)
			.run((context) -> assertThat(context).hasFailed());
		assertThat(code).hasValue(0);
		assertThat(verdict).content()
			.contains(
					"2 change sets applied in 2 schemas: tenants/tenant_a at 'one' by me, tenants/tenant_b at 'one' by me.");
		assertThat(history("tenant_a")).containsExactly("one");
		assertThat(history("tenant_b")).containsExactly("one");
	}

	@Test
	void aTenantThatFailsTakesNothingBackFromTheOneBefore() {
		this.database.execute("CREATE TABLE tenant_b.two (id int)");
		this.tenants.withPropertyValues(changeLog(ONE, TWO)).run((context) -> {
			LockkeeperException failure = Objects
				.requireNonNull(LockkeeperException.findIn(context.getStartupFailure()));
			assertThat(failure.toVerdict().schema()).isEqualTo("tenants/tenant_b");
			assertThat(failure.toVerdict().applied()).isEqualTo(3);
		});
		assertThat(this.database.query("SELECT applied FROM tenant_b.lockkeeper_run")).containsExactly("1");
	}

	@Test
	@FullTier
	void theSchemasOfTheConnectionAndOfTheBeanCount() {
		this.tenants.withPropertyValues(changeLog(ONE), "schemas=default,tenant_b", "default-schema=tenant_a")
			.run((context) -> assertThat(context.getBean(SchemaGate.class).getStates())
				.containsOnlyKeys("tenants/default", "tenants/tenant_b"));
		this.tenants.withPropertyValues(changeLog(ONE), "schemas=", "default-schema=tenant_a").run((context) -> {
			assertThat(context.getBean(SchemaGate.class).getStates()).containsOnlyKeys("tenants/tenant_a");
			assertThat(context.getBean(MultiTenantSpringLiquibase.class).getSchemas()).containsExactly("tenant_a");
		});
		for (String schema : List.of("public", "tenant_a", "tenant_b")) {
			assertThat(history(schema)).containsExactly("one");
		}
	}

	@Test
	void aBeanThatShallNotRunIsLeftAlone() {
		this.tenants.withPropertyValues(changeLog(ONE), "should-run=false").run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(context.getBean(SchemaGate.class).getStates()).isEmpty();
		});
		assertThat(this.database.query("SELECT tablename FROM pg_tables WHERE schemaname LIKE 'tenant%'")).isEmpty();
	}

	@Test
	void tenantsFoundByJndiAreRefused() {
		this.runner.withBean("jndi", MultiTenantSpringLiquibase.class, () -> {
			MultiTenantSpringLiquibase liquibase = new MultiTenantSpringLiquibase();
			liquibase.setJndiBase("java:comp/env/jdbc/tenants");
			return liquibase;
		}).run((context) -> {
			assertThat(statusOfFailure(context)).isEqualTo(ExitStatus.CONFIG);
			assertThat(context.getStartupFailure()).rootCause()
				.hasMessageContaining("Bean jndi cannot be governed")
				.hasMessageContaining("java:comp/env/jdbc/tenants");
		});
	}

	@Test
	void tenantsThatAreUnknownBeforeTheRunAreRefused() {
		this.runner.withUserConfiguration(OwnInitialisationConfiguration.class).run((context) -> {
			assertThat(statusOfFailure(context)).isEqualTo(ExitStatus.CONFIG);
			assertThat(context.getStartupFailure()).rootCause().hasMessageContaining("overrides afterPropertiesSet()");
		});
	}

	private List<String> history(String schema) {
		return this.database.query("SELECT id FROM %s.databasechangelog ORDER BY orderexecuted".formatted(schema));
	}

	private static ExitStatus statusOfFailure(AssertableApplicationContext context) {
		LockkeeperException failure = LockkeeperException.findIn(context.getStartupFailure());
		return Objects.requireNonNull(failure, "no failure of ours").getStatus();
	}

	private String changeLog(String... changeSets) {
		try {
			Path file = this.directory.resolve("tenants.sql");
			StringBuilder text = new StringBuilder("--liquibase formatted sql\n");
			for (String changeSet : changeSets) {
				text.append("\n--changeset ").append(changeSet).append('\n');
			}
			return "changelog=file:" + Files.writeString(file, text);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Configuration(proxyBeanMethods = false)
	static class TenantsConfiguration {

		@Bean
		MultiTenantSpringLiquibase tenants(DataSource dataSource, Environment environment) {
			MultiTenantSpringLiquibase liquibase = new MultiTenantSpringLiquibase();
			liquibase.setDataSource(dataSource);
			liquibase.setSchemas(List
				.of(environment.getProperty("schemas", String[].class, new String[] { "tenant_a", "tenant_b" })));
			liquibase.setDefaultSchema(environment.getProperty("default-schema"));
			liquibase.setShouldRun(environment.getProperty("should-run", Boolean.class, true));
			liquibase.setChangeLog(environment.getRequiredProperty("changelog"));
			return liquibase;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OwnInitialisationConfiguration {

		@Bean
		MultiTenantSpringLiquibase tenants(DataSource dataSource) {
			MultiTenantSpringLiquibase liquibase = new MultiTenantSpringLiquibase() {

				@Override
				public void afterPropertiesSet() throws Exception {
					throw new LiquibaseException("must not be called");
				}

			};
			liquibase.setDataSource(dataSource);
			return liquibase;
		}

	}

}
