// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.governance;

import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

import dev.lockkeeper.command.ProcessArguments;
import dev.lockkeeper.exit.ServletContainer;
import dev.lockkeeper.exit.UsageException;
import dev.lockkeeper.mode.ProcessMode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.boot.DefaultApplicationArguments;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.SimpleCommandLinePropertySource;
import org.springframework.mock.env.MockEnvironment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

/**
 * Where an argument of the process is missed.
 */
class LostArgumentsTests {

	private final MockEnvironment environment = new MockEnvironment();

	private final DefaultListableBeanFactory beans = new DefaultListableBeanFactory();

	private final AtomicBoolean judged = new AtomicBoolean();

	private String[] arguments = { "--migrate-only" };

	@Test
	void aFlagIsMissedInTheFirstContext() {
		assertThatExceptionOfType(UsageException.class).isThrownBy(this::refuse);
		assertThatExceptionOfType(UsageException.class).as("the same context checks again").isThrownBy(this::refuse);
	}

	@Test
	void aFlagThatALauncherAddsIsMissed() {
		this.arguments = new String[] {};
		this.beans.registerSingleton("arguments", new DefaultApplicationArguments("--migrate-only"));
		assertThatExceptionOfType(UsageException.class).isThrownBy(this::refuse)
			.satisfies((ex) -> assertThat(ex.getAction()).contains("setAddCommandLineProperties(false)"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "lockkeeper.enabled=false", "spring.aot.processing=true",
			"org.springframework.boot.test.context.SpringBootTestContextBootstrapper=true" })
	void noFlagIsMissedWhereNothingIsGovernedOrMigratesByItself(String setting) {
		this.environment.setProperty(setting.split("=")[0], setting.split("=")[1]);
		assertThatNoException().isThrownBy(this::refuse);
	}

	@Test
	void theArgumentsOfAServletContainerAreNotThoseOfTheApplication() {
		this.environment.getPropertySources().addFirst(new MapPropertySource("servletContextInitParams", Map.of()));
		ServletContainer.detect(this.environment);
		assertThatNoException().isThrownBy(this::refuse);
	}

	@Test
	void noFlagIsMissedInALaterContext() {
		this.environment.setProperty("lockkeeper.mode", "migrate-only");
		refuse();
		this.environment.setProperty("lockkeeper.mode", "self");
		assertThatNoException().isThrownBy(this::refuse);
	}

	@Test
	void aQuestionIsMissedInEachContextThatWouldMigrateAndExit() {
		this.environment.setProperty("lockkeeper.mode", "migrate-only");
		refuse();
		this.arguments = new String[] { "--migrate-only", "--dry-run" };
		assertThatExceptionOfType(UsageException.class).isThrownBy(this::refuse);
	}

	@ParameterizedTest
	@ValueSource(strings = { "--migrate-only", "--migrate-only=true", "--migrate-only=TRUE",
			"--lockkeeper.mode=migrate-only", "--lockkeeper.mode=MIGRATE_ONLY" })
	void refusesAnotherModeWhenMainDropsTheFlag(String argument) {
		this.arguments = new String[] { "java", "-jar", "application.jar", argument };
		assertThatExceptionOfType(UsageException.class).isThrownBy(this::refuse)
			.withMessage(argument + " is an argument of the process, but Spring Boot does not know of it: "
					+ "the process is in mode SELF (no platform is recognised).")
			.satisfies((ex) -> assertThat(ex.getAction()).isEqualTo("Let main hand its arguments on: "
					+ "SpringApplication.run(Application.class, args), or in Kotlin runApplication<Application>(*args)."));
		this.beans.registerSingleton("arguments", new DefaultApplicationArguments(this.arguments));
		assertThatExceptionOfType(UsageException.class).isThrownBy(this::refuse)
			.satisfies((ex) -> assertThat(ex.getAction())
				.isEqualTo("Remove setAddCommandLineProperties(false), which keeps arguments from the environment."));
	}

	@Test
	void theModeMayArriveInAnotherWay() {
		this.environment.setProperty("lockkeeper.mode", "migrate-only");
		assertThatNoException().isThrownBy(this::refuse);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "--migrate-only=false --status" })
	void nothingIsConcludedWithoutTheFlag(String all) {
		this.arguments = all.split(" ");
		assertThatNoException().isThrownBy(this::refuse);
	}

	@ParameterizedTest
	@ValueSource(strings = { "--status", "--status=text", "--status=json", "--status=JSON", "--dry-run",
			"--dry-run=true", "--dry-run=TRUE", "--help" })
	void aCommandThatIsLostIsRefused(String argument) {
		this.environment.setProperty("lockkeeper.mode", "migrate-only");
		this.arguments = new String[] { argument };
		assertThatExceptionOfType(UsageException.class).isThrownBy(this::refuse)
			.withMessage("%s is an argument of the process, but Spring Boot does not know of it: the process is in "
					+ "mode MIGRATE_ONLY (lockkeeper.mode is set to migrate-only).", argument);
	}

	@ParameterizedTest
	@ValueSource(strings = { "--status=json", "--help" })
	void aCommandThatArrivesIsNotLost(String argument) {
		this.environment.setProperty("lockkeeper.mode", "migrate-only");
		this.arguments = new String[] { argument };
		this.environment.getPropertySources().addFirst(new SimpleCommandLinePropertySource(argument));
		assertThatNoException().isThrownBy(this::refuse);
	}

	@ParameterizedTest
	@ValueSource(strings = { "--dry-run=false", "--status.url=x", "--status=open", "status", "--helpful" })
	void anArgumentWithoutACommandIsNotLost(String argument) {
		this.environment.setProperty("lockkeeper.mode", "migrate-only");
		this.arguments = new String[] { argument };
		assertThatNoException().isThrownBy(this::refuse);
	}

	@ParameterizedTest
	@ValueSource(strings = { "--status", "--help" })
	void aCommandOfAnotherModeBelongsToTheApplication(String argument) {
		this.environment.setProperty("lockkeeper.mode", "self");
		this.arguments = new String[] { argument };
		assertThatNoException().isThrownBy(this::refuse);
	}

	private void refuse() {
		new LostArguments(ProcessArguments.of(this.arguments), this.environment, this.beans, this.judged)
			.refuse(new ProcessMode().in(this.environment));
	}

}
