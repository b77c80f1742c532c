// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.governance;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import dev.lockkeeper.command.Flag;
import dev.lockkeeper.command.Request;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.UsageException;
import dev.lockkeeper.mode.ProcessMode;
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
 * The command of a command line.
 */
class ProcessRequestTests {

	@ParameterizedTest
	@CsvSource({ "--status, STATUS, text", "--status=text, STATUS, text", "--status=JSON, STATUS, json",
			"--dry-run, DRY_RUN, ''", "--dry-run=true, DRY_RUN, ''", "--help, HELP, ''" })
	void aFlagIsACommand(String flag, Flag command, String value) {
		Request request = Objects.requireNonNull(request("--migrate-only", flag));
		assertThat(request.getCommand()).isEqualTo(command);
		assertThat(request.get(command)).isEqualTo(value);
	}

	@ParameterizedTest
	@ValueSource(strings = { "--dry-run=false", "--help=false", "status", "help" })
	void otherArgumentsAreNoCommand(String argument) {
		assertThat(request("--migrate-only", argument)).isNull();
	}

	@ParameterizedTest
	@CsvSource({ "--wait=90s, 90", "--wait=PT5M, 300", "--wait=0s, 0", "--wait, 7" })
	void aWaitHasADurationOrThatOfTheSetting(String option, int seconds) {
		Request request = Objects.requireNonNull(request("--migrate-only", "--status", option));
		assertThat(request.getDuration(Flag.WAIT, Duration.ofSeconds(7))).isEqualTo(Duration.ofSeconds(seconds));
		assertThat(request.getDuration(Flag.DRY_RUN, Duration.ofSeconds(7))).isNull();
	}

	@Test
	void theModeMayComeFromASetting() {
		for (String flag : List.of("--dry-run", "--help")) {
			Request request = Objects.requireNonNull(request("--lockkeeper.mode=migrate-only", flag));
			assertThat(flag).isEqualTo("--" + request.getCommand().getName());
		}
	}

	@ParameterizedTest
	@CsvSource({ "--status --dry-run, Use one of them at a time", "--help --status, Use one of them at a time",
			"--status=yaml, Use --status or --status=json", "--status json, Use --status=json.",
			"--status --wait=90, 'Use --wait or --wait=<duration>, with a unit: 90s, 10m, 1h.'",
			"--status --wait 90s, Use --wait=90s.", "--status --wait=-5s, Use --wait or", "--statis, Use --status.",
			"--dry-rnu, Use --dry-run.", "-- --status, Put it before", "-- --dry-run, Put it before",
			"--dry-run=perhaps, Use --dry-run without a value", "--status=json --status=text, Use --status" })
	void contradictoryFlagsAreRefused(String flags, String action) {
		assertThatExceptionOfType(UsageException.class)
			.isThrownBy(() -> request(("--migrate-only " + flags).split(" ")))
			.satisfies((ex) -> assertThat(ex.getStatus()).isEqualTo(ExitStatus.USAGE))
			.satisfies((ex) -> assertThat(ex.getAction()).contains(action));
	}

	@ParameterizedTest
	@ValueSource(strings = { "--status", "--status=json", "--dry-run" })
	void aProcessThatWouldServeTakesNoCommand(String flag) {
		assertThatExceptionOfType(UsageException.class).isThrownBy(() -> request(flag))
			.satisfies((ex) -> assertThat(ex.getAction()).contains("Add --migrate-only").contains(flag.split("=")[0]));
	}

	@ParameterizedTest
	@ValueSource(strings = { "--help", "--help=topics" })
	void helpAloneBelongsToTheApplication(String flag) {
		assertThat(request(flag)).isNull();
		assertThat(Request.isIn(environment(flag), false)).isFalse();
		assertThat(Request.isIn(environment(flag), true)).isTrue();
	}

	@Test
	void theFlagsBelongToTheApplicationWhenLockkeeperIsOff() {
		assertThat(request("--lockkeeper.enabled=false", "--status=open", "--dry-run")).isNull();
	}

	@Test
	void aTrainingRunTakesNoCommand() {
		assertThat(request("--migrate-only", "--status", "--spring.aot.processing=true")).isNull();
	}

	@Test
	void onlyTheCommandLineCounts() {
		ConfigurableEnvironment environment = environment("--migrate-only");
		environment.getPropertySources()
			.addLast(new MapPropertySource("file", Map.of("status", "json", "dry-run", "true")));
		assertThat(ProcessRequest.of(environment, new ProcessMode().in(environment))).isNull();
		assertThat(Request.isIn(environment, true)).isFalse();
	}

	@Test
	void theCommandLineAloneDecidesEarly() {
		assertThat(Request.isIn("--migrate-only", "--status=nonsense")).isTrue();
		assertThat(Request.isIn("--dry-run", "--migrate-only")).isTrue();
		assertThat(Request.isIn("--status")).isFalse();
		assertThat(Request.isIn("--migrate-only")).isFalse();
		assertThat(Request.isIn(environment("--status=nonsense"), false)).isTrue();
		assertThat(Request.isIn(environment("--dry-run"), false)).isTrue();
	}

	private static @Nullable Request request(String... arguments) {
		ConfigurableEnvironment environment = environment(arguments);
		return ProcessRequest.of(environment, new ProcessMode().in(environment));
	}

	private static ConfigurableEnvironment environment(String... arguments) {
		StandardEnvironment environment = new StandardEnvironment();
		environment.getPropertySources().remove(StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME);
		environment.getPropertySources().remove(StandardEnvironment.SYSTEM_PROPERTIES_PROPERTY_SOURCE_NAME);
		environment.getPropertySources().addFirst(new SimpleCommandLinePropertySource(arguments));
		return environment;
	}

}
