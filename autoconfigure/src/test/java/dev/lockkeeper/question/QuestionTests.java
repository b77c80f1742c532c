// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.question;

import java.util.Map;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.UsageException;
import dev.lockkeeper.mode.ModeResolver;
import dev.lockkeeper.mode.ProcessArguments;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.SimpleCommandLinePropertySource;
import org.springframework.core.env.StandardEnvironment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What a command line asks.
 */
class QuestionTests {

	@ParameterizedTest
	@CsvSource({ "--status, STATUS_AS_TEXT", "--status=text, STATUS_AS_TEXT", "--status=JSON, STATUS_AS_JSON",
			"--dry-run, DRY_RUN", "--dry-run=true, DRY_RUN", "--dry-run=false,", "status," })
	void aFlagIsAQuestion(String flag, @Nullable Question question) {
		assertThat(ask("--migrate-only", flag)).isEqualTo(question);
	}

	@Test
	void theModeMayComeFromASetting() {
		assertThat(ask("--lockkeeper.mode=migrate-only", "--dry-run")).isEqualTo(Question.DRY_RUN);
	}

	@ParameterizedTest
	@CsvSource({ "--status --dry-run, Ask one of them", "--status=yaml, Use --status or --status=json",
			"--statis, Use --status.", "--dry-rnu, Use --dry-run.", "-- --status, Put it before",
			"-- --dry-run, Put it before", "--dry-run=perhaps, Use --dry-run without a value",
			"--status=json --status=text, Use --status" })
	void whatMakesNoSenseIsRefused(String flags, String action) {
		assertThatExceptionOfType(UsageException.class).isThrownBy(() -> ask(("--migrate-only " + flags).split(" ")))
			.satisfies((ex) -> assertThat(ex.getStatus()).isEqualTo(ExitStatus.USAGE))
			.satisfies((ex) -> assertThat(ex.getAction()).contains(action));
	}

	@ParameterizedTest
	@ValueSource(strings = { "--status", "--status=json", "--dry-run" })
	void aProcessThatWouldServeIsNotAsked(String flag) {
		assertThatExceptionOfType(UsageException.class).isThrownBy(() -> ask(flag))
			.satisfies((ex) -> assertThat(ex.getAction()).contains("Add --migrate-only").contains(flag.split("=")[0]));
	}

	@Test
	void theFlagsBelongToTheApplicationWhenLockkeeperIsOff() {
		assertThat(ask("--lockkeeper.enabled=false", "--status=open", "--dry-run")).isNull();
	}

	@Test
	void aTrainingRunIsNotAsked() {
		assertThat(ask("--migrate-only", "--status", "--spring.aot.processing=true")).isNull();
	}

	@Test
	void onlyTheCommandLineCounts() {
		ConfigurableEnvironment environment = environment("--migrate-only");
		environment.getPropertySources()
			.addLast(new MapPropertySource("file", Map.of("status", "json", "dry-run", "true")));
		assertThat(Question.of(environment, ModeResolver.resolve(environment))).isNull();
		assertThat(Question.isAskedIn(environment)).isFalse();
	}

	@ParameterizedTest
	@ValueSource(strings = { "--status", "--status=text", "--status=json", "--status=JSON", "--dry-run",
			"--dry-run=true", "--dry-run=TRUE" })
	void aQuestionThatIsLostIsRefused(String argument) {
		assertThat(ask("--migrate-only", argument)).as("asked when it arrives").isNotNull();
		assertThatExceptionOfType(UsageException.class)
			.isThrownBy(() -> requireArrival(argument, "--lockkeeper.mode=migrate-only"))
			.withMessage("%s is an argument of the process, but Spring Boot does not know of it: the process is in "
					+ "mode MIGRATE_ONLY (lockkeeper.mode is set to migrate-only).", argument);
	}

	@Test
	void aQuestionThatArrivesIsNotLost() {
		requireArrival("--status=json", "--migrate-only", "--status=json");
	}

	@ParameterizedTest
	@ValueSource(strings = { "--dry-run=false", "--status.url=x", "--status=open", "status" })
	void anArgumentThatAsksNothingIsNotLost(String argument) {
		requireArrival(argument, "--migrate-only");
	}

	@Test
	void aQuestionOfAnotherModeBelongsToTheApplication() {
		requireArrival("--status", "--lockkeeper.mode=self");
	}

	private static void requireArrival(String argument, String... arrived) {
		ConfigurableEnvironment environment = environment(arrived);
		Question.requireArrival(environment, ModeResolver.resolve(environment), ProcessArguments.of(argument),
				ProcessArguments.of());
	}

	@Test
	void theCommandLineAloneTellsEarly() {
		assertThat(Question.isAskedBy("--migrate-only", "--status=nonsense")).isTrue();
		assertThat(Question.isAskedBy("--dry-run", "--migrate-only")).isTrue();
		assertThat(Question.isAskedBy("--status")).isFalse();
		assertThat(Question.isAskedBy("--migrate-only")).isFalse();
		assertThat(Question.isAskedIn(environment("--status=nonsense"))).isTrue();
		assertThat(Question.isAskedIn(environment("--dry-run"))).isTrue();
	}

	private static @Nullable Question ask(String... arguments) {
		ConfigurableEnvironment environment = environment(arguments);
		return Question.of(environment, ModeResolver.resolve(environment));
	}

	private static ConfigurableEnvironment environment(String... arguments) {
		StandardEnvironment environment = new StandardEnvironment();
		environment.getPropertySources().remove(StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME);
		environment.getPropertySources().remove(StandardEnvironment.SYSTEM_PROPERTIES_PROPERTY_SOURCE_NAME);
		environment.getPropertySources().addFirst(new SimpleCommandLinePropertySource(arguments));
		return environment;
	}

}
