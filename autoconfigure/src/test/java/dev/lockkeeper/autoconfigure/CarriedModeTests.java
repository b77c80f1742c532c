// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.util.Map;

import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.exit.UsageException;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.mode.ModeDecision;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.MapPropertySource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * How the mode reaches the context of an application.
 */
class CarriedModeTests {

	private static final String TEST = "org.springframework.boot.test.context.SpringBootTestContextBootstrapper";

	private final SpringApplication application = new SpringApplication(Application.class);

	CarriedModeTests() {
		this.application.setWebApplicationType(WebApplicationType.NONE);
	}

	@Test
	void theModeComesFromTheEnvironmentAsItWasPrepared() {
		later(TEST, "true");
		try (ConfigurableApplicationContext context = this.application.run("--lockkeeper.mode=self")) {
			assertThat(decision(context).mode()).isEqualTo(Mode.SELF);
			assertThat(decision(context).test()).as("resolved again").isFalse();
		}
	}

	@Test
	void aModeThatAnInitializerSetsCounts() {
		later("lockkeeper.mode", "defer");
		try (ConfigurableApplicationContext context = this.application.run()) {
			assertThat(decision(context).mode()).isEqualTo(Mode.DEFER);
		}
	}

	@Test
	void aSwitchThatAnInitializerSetsCounts() {
		later("lockkeeper.enabled", "false");
		try (ConfigurableApplicationContext context = this.application.run()) {
			assertThat(decision(context).enabled()).isFalse();
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "--lockkeeper.mode=self", "--lockkeeper.enabled=false" })
	void aContradictionIsReportedByTheContext(String setting) {
		Throwable failure = catchThrowable(() -> this.application.run("--migrate-only", setting));
		assertThat(LockkeeperException.findIn(failure)).isInstanceOf(UsageException.class);
		assertThat(failure).hasStackTraceContaining("lockkeeperModeDecision");
	}

	@Test
	void parentAndChildHaveModesOfTheirOwn() {
		try (ConfigurableApplicationContext parent = this.application.run("--lockkeeper.mode=self");
				ConfigurableApplicationContext child = new SpringApplicationBuilder(Application.class)
					.web(WebApplicationType.NONE)
					.parent(parent)
					.run("--lockkeeper.mode=defer")) {
			assertThat(decision(parent).mode()).isEqualTo(Mode.SELF);
			assertThat(decision(child).mode()).isEqualTo(Mode.DEFER);
		}
	}

	@Test
	void theCommandLineOfAParentCountsForAChildWithoutOne() {
		try (ConfigurableApplicationContext parent = this.application.run("--lockkeeper.mode=defer");
				ConfigurableApplicationContext child = new SpringApplicationBuilder(Application.class)
					.web(WebApplicationType.NONE)
					.parent(parent)
					.run()) {
			assertThat(decision(child).mode()).isEqualTo(Mode.DEFER);
		}
	}

	private void later(String key, String value) {
		this.application.addInitializers((context) -> context.getEnvironment()
			.getPropertySources()
			.addFirst(new MapPropertySource("later", Map.of(key, value))));
	}

	private static ModeDecision decision(ApplicationContext context) {
		return context.getBean(ModeDecision.class);
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@ImportAutoConfiguration(LockkeeperAutoConfiguration.class)
	static class Application {

	}

}
