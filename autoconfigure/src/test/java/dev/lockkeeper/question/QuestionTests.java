// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.question;

import java.util.Map;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.UsageException;
import dev.lockkeeper.mode.ModeResolver;
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
			"--dry-run=perhaps, Use --dry-run without a value", "--status=json --status=text, Use --status" })
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
