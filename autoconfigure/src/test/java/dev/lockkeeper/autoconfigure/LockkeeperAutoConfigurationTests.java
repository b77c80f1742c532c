// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.time.Duration;
import java.util.Objects;

import dev.lockkeeper.exit.ExitStrategy;
import dev.lockkeeper.exit.ConfigurationException;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.exit.SystemExit;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.mode.ModeDecision;
import liquibase.integration.spring.SpringLiquibase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

@ExtendWith(OutputCaptureExtension.class)
class LockkeeperAutoConfigurationTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class, LiquibaseAutoConfiguration.class));

	@Test
	void startsWithoutAnythingToGovern() {
		this.runner.run((context) -> {
			assertThat(context).hasNotFailed().doesNotHaveBean(SpringLiquibase.class);
			assertThat(context.getBean(SchemaGate.class).isOpen()).isTrue();
		});
	}

	@Test
	void warnsThatAPodDoesNotWaitWhenLiquibaseIsDisabled(CapturedOutput output) {
		this.runner.withPropertyValues("lockkeeper.mode=defer", "spring.liquibase.enabled=false")
			.run((context) -> assertThat(output).containsOnlyOnce("lockkeeper - ")
				.contains("WARN")
				.contains(
						"lockkeeper - this process does not wait for the schema (mode DEFER (lockkeeper.mode is set to defer): "
								+ "spring.liquibase.enabled=false); remove that setting: a process in DEFER never migrates"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "off", "no", "0", "yes", "on", "1" })
	void warnsThatAPodDoesNotWaitWhenSpringBootTakesAValueForFalse(String value, CapturedOutput output) {
		this.runner.withPropertyValues("lockkeeper.mode=defer", "spring.liquibase.enabled=" + value)
			.run((context) -> assertThat(output).contains("WARN")
				.contains("spring.liquibase.enabled is set to something other than true); remove that setting"));
	}

	@Test
	void warnsThatAPodDoesNotWaitWhenLiquibaseLeavesItsBeansAlone(CapturedOutput output) {
		this.runner.withPropertyValues("lockkeeper.mode=defer").withBean(SpringLiquibase.class, () -> {
			SpringLiquibase bean = new SpringLiquibase();
			bean.setShouldRun(false);
			return bean;
		})
			.run((context) -> assertThat(output).contains("WARN")
				.contains("liquibase.shouldRun is false for its Liquibase beans); remove that setting"));
	}

	@Test
	void saysThatThereIsNoSchemaToMigrate(CapturedOutput output) {
		this.runner.run((context) -> assertThat(output)
			.contains("lockkeeper - no schema to migrate or to wait for (mode SELF (no platform is recognised): "
					+ "no Liquibase bean is to run)"));
	}

	@Test
	void saysWhichSettingLeavesNothingToMigrate(CapturedOutput output) {
		this.runner.withPropertyValues("spring.liquibase.enabled=false")
			.run((context) -> assertThat(output).containsOnlyOnce("lockkeeper - ")
				.contains("INFO")
				.contains("lockkeeper - no schema to migrate or to wait for (mode SELF (no platform is recognised): "
						+ "spring.liquibase.enabled=false)"));
	}

	@Test
	void saysNothingWhenItIsDisabled(CapturedOutput output) {
		this.runner.withPropertyValues("lockkeeper.enabled=false", "spring.liquibase.enabled=false")
			.run((context) -> assertThat(output).doesNotContain("lockkeeper - "));
	}

	@Test
	void backsOffWithoutLiquibase() {
		this.runner.withClassLoader(new FilteredClassLoader(SpringLiquibase.class))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(ModeDecision.class));
	}

	@Test
	void theModeIsABeanWithItsReason() {
		this.runner.withPropertyValues("lockkeeper.mode=defer")
			.run((context) -> assertThat(context.getBean(ModeDecision.class).mode()).isEqualTo(Mode.DEFER));
	}

	@Test
	void theExitCanBeReplaced() {
		this.runner.run((context) -> assertThat(context).getBean(ExitStrategy.class).isInstanceOf(SystemExit.class));
		this.runner.withBean("mine", ExitStrategy.class, () -> (code) -> {
		}).run((context) -> assertThat(context).getBean(ExitStrategy.class).isNotInstanceOf(SystemExit.class));
	}

	@Test
	void settingsAreBound() {
		this.runner
			.withPropertyValues("lockkeeper.wait.max-interval=7s", "lockkeeper.defer.startup=serve",
					"lockkeeper.max-duration=1h")
			.run((context) -> {
				LockkeeperProperties properties = context.getBean(LockkeeperProperties.class);
				assertThat(properties.waiting().maxInterval()).isEqualTo(Duration.ofSeconds(7));
				assertThat(properties.defer().startup()).isEqualTo(LockkeeperProperties.DeferStartup.SERVE);
				assertThat(properties.maxDuration()).isEqualTo(Duration.ofHours(1));
			});
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', value = { "lockkeeper.database-wait=-1s | 0s or more",
			"lockkeeper.lock.lease=1s | 5s or more", "lockkeeper.retry.max-attempts=0 | 1 or more",
			"lockkeeper.wait.max-interval=-2m | longer than 0s",
			"lockkeeper.probe.stuck-after=4s | longer than lockkeeper.wait.max-interval",
			"lockkeeper.postgresql.lock-timeout=25d | between 0s and 24d",
			"lockkeeper.postgresql.lock-retry.max-attempts=0 | 1 or more",
			"lockkeeper.postgresql.lock-retry.max-duration=6m | at most half of lockkeeper.lock.wait-timeout",
			"lockkeeper.postgresql.set-role= | the name of a role",
			"lockkeeper.postgresql.set-role=none | the name of a role",
			"lockkeeper.postgresql.app-role=Public | the name of a role",
			"lockkeeper.postgresql.verify-app-role=fail | warn where no lockkeeper.postgresql.app-role is set" })
	void aSettingThatIsOutOfRangeIsNamedWithItsValue(String property, String requirement) {
		this.runner.withPropertyValues(property).run((context) -> {
			assertThat(context).hasFailed();
			LockkeeperException failure = LockkeeperException.findIn(context.getStartupFailure());
			assertThat(failure).isInstanceOf(ConfigurationException.class)
				.hasMessage("%s is not valid: it must be %s", property, requirement);
			assertThat(Objects.requireNonNull(failure).getAction())
				.isEqualTo("Correct the value of %s.".formatted(property.substring(0, property.indexOf('='))));
		});
	}

	@Test
	void theRoleOfTheApplicationIsAnotherThanTheOwner() {
		this.runner
			.withPropertyValues("lockkeeper.postgresql.set-role=harbour", "lockkeeper.postgresql.app-role=harbour")
			.run((context) -> assertThat(LockkeeperException.findIn(context.getStartupFailure()))
				.isInstanceOf(ConfigurationException.class)
				.hasMessage(
						"lockkeeper.postgresql.app-role=harbour is not valid: it must be another role than lockkeeper.postgresql.set-role"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "self", "migrate-only", "defer" })
	void aSwitchThatIsNeitherOnNorOffIsAFailureOfOurs(String mode) {
		this.runner.withPropertyValues("lockkeeper.enabled=maybe", "lockkeeper.mode=" + mode).run((context) -> {
			assertThat(context).hasFailed();
			assertThat(LockkeeperException.findIn(context.getStartupFailure()))
				.isInstanceOf(ConfigurationException.class)
				.hasMessageStartingWith("lockkeeper.enabled")
				.hasMessageEndingWith("is not valid: 'maybe' cannot be read: it must be true or false");
		});
	}

	@Test
	void theGateIsNotRefreshedInABootTest() {
		this.runner.withPropertyValues("org.springframework.boot.test.context.SpringBootTestContextBootstrapper=true")
			.run((context) -> assertThat(context.getBean(GateRefresherLifecycle.class).isRunning()).isFalse());
		this.runner.run((context) -> assertThat(context.getBean(GateRefresherLifecycle.class).isRunning()).isTrue());
	}

}
