// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;

import dev.lockkeeper.autoconfigure.LockkeeperProperties.DeferStartup;
import dev.lockkeeper.exit.ServletContainer;
import dev.lockkeeper.mode.ModeResolver;
import dev.lockkeeper.mode.OneOffProcess;
import jakarta.persistence.EntityManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.quartz.Scheduler;

import org.springframework.batch.core.job.Job;
import org.springframework.beans.factory.FactoryBean;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.mock.env.MockEnvironment;
import org.springframework.web.context.support.StandardServletEnvironment;

import static org.assertj.core.api.Assertions.assertThat;

class DeferredStartTests {

	private final MockEnvironment environment = new MockEnvironment();

	private final DefaultListableBeanFactory beans = new DefaultListableBeanFactory();

	@Test
	void aProcessOfItsOwnWaits() {
		assertThat(start()).hasToString("startup wait (the default)");
		assertThat(start().timeout()).isEqualTo(Duration.ofMinutes(15));
	}

	@ParameterizedTest
	@ValueSource(strings = { "AWS_LAMBDA_FUNCTION_NAME", "FUNCTION_TARGET", "FUNCTIONS_WORKER_RUNTIME" })
	void aFunctionFails(String variable) {
		this.environment.setProperty(variable, "x");
		assertThat(start()).hasToString("startup fail (a function: %s is set)".formatted(variable));
		assertThat(start().timeout()).isEqualTo(Duration.ofSeconds(5));
	}

	@ParameterizedTest
	@CsvSource({ "wait, 900", "serve, 900", "fail, 7" })
	void theSettingDecides(String startup, int timeout) {
		deploy();
		this.environment.setProperty("lockkeeper.defer.startup", startup);
		this.environment.setProperty("lockkeeper.defer.fail-after", "7s");
		assertThat(start())
			.hasToString("startup %s (lockkeeper.defer.startup is set to %s)".formatted(startup, startup));
		assertThat(start().timeout()).isEqualTo(Duration.ofSeconds(timeout));
	}

	@Test
	void anApplicationInAServletContainerServes() {
		deploy();
		assertThat(start()).hasToString("startup serve (in a servlet container)");
	}

	@ParameterizedTest
	@ValueSource(strings = { "spring.jpa.hibernate.ddl-auto=validate",
			"spring.jpa.properties.hibernate.hbm2ddl.auto=update", "spring.jpa.generate-ddl=true" })
	void anApplicationInAServletContainerWaitsBrieflyForJpa(String setting) {
		deploy();
		this.beans.registerBeanDefinition("jpa", new RootBeanDefinition(EntityManagerFactories.class));
		assertThat(start().startup()).isEqualTo(DeferStartup.SERVE);
		this.environment.setProperty(setting.split("=")[0], setting.split("=")[1]);
		assertThat(start()).hasToString("startup wait (in a servlet container, with a ddl-auto of JPA)");
		assertThat(start().timeout()).isEqualTo(Duration.ofSeconds(30));
		this.environment.setProperty("lockkeeper.defer.wait-timeout", "2m");
		assertThat(start().timeout()).isEqualTo(Duration.ofMinutes(2));
	}

	@Test
	void anApplicationInAServletContainerWaitsForQuartzThatStarts() {
		deploy();
		this.beans.registerBeanDefinition("quartz", new RootBeanDefinition(Schedulers.class));
		assertThat(start()).hasToString("startup wait (in a servlet container, with Quartz)");
		this.environment.setProperty("spring.quartz.auto-startup", "false");
		assertThat(start().startup()).isEqualTo(DeferStartup.SERVE);
	}

	@Test
	void anApplicationInAServletContainerWaitsForBatchJobsThatRun() {
		deploy();
		this.beans.registerBeanDefinition("job", new RootBeanDefinition(Job.class));
		assertThat(start()).hasToString("startup wait (in a servlet container, with Batch jobs)");
		this.environment.setProperty("spring.batch.job.enabled", "false");
		assertThat(start().startup()).isEqualTo(DeferStartup.SERVE);
	}

	@ParameterizedTest
	@CsvSource({ "serve, wait", "fail, fail", "auto, wait" })
	void aReleaseDoesNotServeWithoutItsSchema(String startup, String expected) {
		deploy();
		this.environment.setProperty("lockkeeper.defer.startup", startup);
		assertThat(start(new OneOffProcess("DYNO=release.5", true)).startup())
			.isEqualTo(DeferStartup.valueOf(expected.toUpperCase(Locale.ROOT)));
		assertThat(start(new OneOffProcess("DYNO=run.5", false))).isEqualTo(start());
	}

	@Test
	void theLineOfTheModeSaysThatAReleaseWaits() {
		this.environment.setProperty("lockkeeper.defer.startup", "serve");
		assertThat(start(new OneOffProcess("DYNO=release.5", true)))
			.hasToString("startup wait (this process prepares a release: DYNO=release.5)");
	}

	@Test
	void thePageNamesEveryFunction() throws IOException {
		assertThat(Files.readAllLines(Path.of("..", "docs", "modes-and-statuses.md")))
			.filteredOn((line) -> line.startsWith("| A function: "))
			.singleElement()
			.asString()
			.contains(ModeResolver.FUNCTION_VARIABLES);
	}

	@Test
	void anEmbeddedServerIsNoServletContainer() {
		ConfigurableEnvironment own = new StandardServletEnvironment();
		ServletContainer.detect(own);
		assertThat(ServletContainer.isAround(own)).isFalse();
	}

	private void deploy() {
		this.environment.getPropertySources().addFirst(new MapPropertySource("servletContextInitParams", Map.of()));
		ServletContainer.detect(this.environment);
	}

	private DeferredStart start() {
		return start(null);
	}

	private DeferredStart start(@Nullable OneOffProcess oneOff) {
		LockkeeperProperties properties = Binder.get(this.environment)
			.bindOrCreate("lockkeeper", LockkeeperProperties.class);
		return DeferredStart.of(properties.defer(), oneOff, this.environment, this.beans);
	}

	private abstract static class Factory<T> implements FactoryBean<T> {

		private final Class<T> type;

		Factory(Class<T> type) {
			this.type = type;
		}

		@Override
		public T getObject() {
			throw new AssertionError("No bean is created");
		}

		@Override
		public Class<?> getObjectType() {
			return this.type;
		}

	}

	private static final class EntityManagerFactories extends Factory<EntityManagerFactory> {

		EntityManagerFactories() {
			super(EntityManagerFactory.class);
		}

	}

	private static final class Schedulers extends Factory<Scheduler> {

		Schedulers() {
			super(Scheduler.class);
		}

	}

}
