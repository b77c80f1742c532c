// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.process;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.ExitStrategy;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import liquibase.integration.spring.SpringLiquibase;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.beans.factory.InitializingBean;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.SpringBootExceptionReporter;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.json.JsonParserFactory;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.DependsOn;
import org.springframework.core.env.Environment;
import org.springframework.core.io.support.SpringFactoriesLoader;
import org.springframework.core.io.support.SpringFactoriesLoader.ArgumentResolver;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Failures outside of Lockkeeper that keep a governed bean from being created. In every
 * mode the process ends with a code and a verdict, and never with 1.
 */
class ForeseenFailuresIT {

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final ApplicationContextRunner runner = new ApplicationContextRunner().withConfiguration(AutoConfigurations
		.of(LockkeeperAutoConfiguration.class, LiquibaseAutoConfiguration.class, DataSourceAutoConfiguration.class));

	@Test
	@FullTier
	void aProxyFromWhichNoOtherDataSourceCanBeDerived() {
		ApplicationContextRunner proxied = runner().withBean(Proxying.class)
			.withPropertyValues("spring.liquibase.user=postgres", "spring.liquibase.password=secret");
		assertEnd(proxied, ExitStatus.CONFIG, "spring.liquibase.url");
		proxied.withPropertyValues("spring.liquibase.url=" + this.database.getUrl())
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			spring.datasource.url=postgresql://db/harbour             | spring.datasource.url
			spring.datasource.url=jdbc:postgresql//db/harbour         | driver
			spring.datasource.url=jdbc:mysql://db/harbour             | driver
			spring.datasource.url=jdbc:nothing:harbour                | driver
			spring.datasource.driver-class-name=com.acme.Driver       | com.acme.Driver
			spring.datasource.type=com.acme.Pool                      | spring.datasource.type
			spring.datasource.hikari.maximum-pool-size=many           | spring.datasource.hikari.maximum-pool-size
			spring.datasource.url=${ABSENT}                           | placeholder
			spring.datasource.hikari.data-source-class-name=com.A     | com.A
			spring.liquibase.show-summary=perhaps                     | spring.liquibase.show-summary
			spring.liquibase.url=postgresql://db/harbour              | spring.liquibase.url
			""")
	@FullTier
	void aSettingThatCannotBeRight(String setting, String named) {
		assertEnd(runner().withPropertyValues(setting), ExitStatus.CONFIG, named);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			jdbc:postgresql://localhost:1/db    | UNAVAILABLE
			DATABASE?user=nobody_there          | PERMISSION
			ABSENT                              | CONFIG
			""")
	@FullTier
	void aDataSourceThatConnectsWhenItIsCreated(String url, ExitStatus status) {
		String target = url.replace("DATABASE?user=nobody_there", this.database.getPlainUrl() + "?user=nobody_there")
			.replace("ABSENT", this.database.getUrl().replace(this.database.getName(), "not_there"));
		assertEnd(runner().withUserConfiguration(EagerPool.class).withPropertyValues("eager=" + target), status,
				"data source");
	}

	@Test
	void anotherBeanThatFailsIsNoneOfOurs() {
		AtomicReference<@Nullable ConfigurableApplicationContext> started = new AtomicReference<>();
		runner().withInitializer(started::set).withBean("broken", Object.class, () -> {
			throw new IllegalStateException("Could not resolve placeholder 'mine'");
		}).run((context) -> {
			report(context.getStartupFailure(), started.get());
			assertThat(LockkeeperException.findIn(context.getStartupFailure())).isNull();
		});
	}

	@Test
	void aStarterThatIsDisabledExplainsNothing() {
		AtomicReference<@Nullable ConfigurableApplicationContext> started = new AtomicReference<>();
		runner().withInitializer(started::set)
			.withPropertyValues("lockkeeper.enabled=false", "spring.datasource.hikari.maximum-pool-size=many")
			.run((context) -> {
				report(context.getStartupFailure(), started.get());
				assertThat(LockkeeperException.findIn(context.getStartupFailure())).isNull();
			});
	}

	@Test
	void aValueThatIsNotValidIsNotShown() {
		AtomicReference<@Nullable ConfigurableApplicationContext> started = new AtomicReference<>();
		this.runner.withInitializer(started::set)
			.withUserConfiguration(OwnSettings.class)
			.withPropertyValues("app.datasource.maximum-pool-size=hunter2", "lockkeeper.mode=self",
					"spring.liquibase.change-log=file:/changes.sql")
			.run((context) -> {
				report(context.getStartupFailure(), started.get());
				LockkeeperException failure = Objects
					.requireNonNull(LockkeeperException.findIn(context.getStartupFailure()));
				assertThat(failure.getStatus()).isEqualTo(ExitStatus.CONFIG);
				assertThat(failure).hasMessageContaining("app.datasource").hasMessageNotContaining("hunter2");
			});
	}

	@Test
	void aBeanThatTheMigrationDependsOnIsNoDataSource() {
		AtomicInteger code = new AtomicInteger(-1);
		this.runner.withUserConfiguration(DependingMigration.class)
			.withBean(ExitStrategy.class, () -> code::set)
			.withPropertyValues("spring.datasource.url=" + this.database.getUrl(), "lockkeeper.mode=migrate-only")
			.run((context) -> assertThat(context).hasFailed());
		assertThat(code).hasValue(1);
	}

	private ApplicationContextRunner runner() {
		return this.runner.withPropertyValues("spring.datasource.url=" + this.database.getUrl(),
				"spring.liquibase.change-log=file:"
						+ Applications.changeLog(this.directory.resolve("changes.sql"), "me:one\nselect 1;"),
				"lockkeeper.database-wait=0s", "lockkeeper.defer.wait-timeout=1s");
	}

	private void assertEnd(ApplicationContextRunner runner, ExitStatus status, String named) {
		for (String mode : new String[] { "self", "defer" }) {
			AtomicReference<@Nullable LockkeeperException> found = new AtomicReference<>();
			AtomicReference<@Nullable Throwable> failed = new AtomicReference<>();
			AtomicReference<@Nullable ConfigurableApplicationContext> started = new AtomicReference<>();
			runner.withInitializer(started::set).withPropertyValues("lockkeeper.mode=" + mode).run((context) -> {
				failed.set(context.getStartupFailure());
				report(failed.get(), started.get());
				found.set(LockkeeperException.findIn(failed.get()));
			});
			LockkeeperException failure = found.get();
			assertThat(failure).as("%s: %s", mode, failed.get()).isNotNull();
			assertThat(failure.getStatus()).as(failure.getMessage()).isEqualTo(status);
			assertThat(failure.getMessage() + " " + failure.getAction()).contains(named);
		}
		AtomicInteger code = new AtomicInteger(-1);
		Path verdict = this.directory.resolve("verdict");
		runner.withBean(ExitStrategy.class, () -> code::set)
			.withPropertyValues("lockkeeper.mode=migrate-only", "lockkeeper.termination-message-path=" + verdict)
			.run((context) -> assertThat(context).hasFailed());
		assertThat(code).hasValue(status.getCode());
		Map<String, Object> fields = JsonParserFactory.getJsonParser().parseMap(Applications.read(verdict));
		assertThat(fields).containsEntry("code", status.getCode());
		assertThat(fields.get("message") + " " + fields.get("action")).contains(named);
	}

	// As Spring Boot does when a start has failed
	private static void report(@Nullable Throwable failure, @Nullable ConfigurableApplicationContext context) {
		SpringFactoriesLoader.forDefaultResourceLocation()
			.load(SpringBootExceptionReporter.class, ArgumentResolver.of(ConfigurableApplicationContext.class, context))
			.forEach((reporter) -> reporter.reportException(failure));
	}

	/**
	 * Puts a proxy around each data source, as libraries that listen to statements do.
	 */
	static class Proxying implements BeanPostProcessor {

		@Override
		public Object postProcessAfterInitialization(Object bean, String beanName) {
			if (!(bean instanceof DataSource)) {
				return bean;
			}
			return Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] { DataSource.class },
					(proxy, method, arguments) -> {
						if (method.getName().equals("isWrapperFor") || method.getName().equals("unwrap")) {
							return method.getName().equals("isWrapperFor") ? (Object) false : null;
						}
						try {
							return method.invoke(bean, arguments);
						}
						catch (InvocationTargetException ex) {
							throw ex.getTargetException();
						}
					});
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OwnSettings {

		@Bean
		HikariDataSource dataSource(Environment environment) {
			return Binder.get(environment).bindOrCreate("app.datasource", HikariDataSource.class);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class DependingMigration {

		@Bean
		InitializingBean seed() {
			return () -> {
				throw new SQLException("ERROR: relation \"harbour\" does not exist", "42P01");
			};
		}

		@Bean
		@DependsOn("seed")
		SpringLiquibase liquibase(DataSource dataSource) {
			SpringLiquibase liquibase = new SpringLiquibase();
			liquibase.setDataSource(dataSource);
			return liquibase;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class EagerPool {

		@Bean
		DataSource dataSource(Environment environment) {
			HikariConfig config = new HikariConfig();
			config.setJdbcUrl(environment.getRequiredProperty("eager"));
			return new HikariDataSource(config);
		}

	}

}
