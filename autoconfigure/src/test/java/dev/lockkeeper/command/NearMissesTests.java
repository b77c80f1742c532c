// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.command;

import java.util.Map;

import dev.lockkeeper.exit.UsageException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.SimpleCommandLinePropertySource;
import org.springframework.mock.env.MockEnvironment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

/**
 * Which names beside {@code --migrate-only} were meant to be a flag.
 */
class NearMissesTests {

	private final MockEnvironment environment = new MockEnvironment();

	@ParameterizedTest
	@CsvSource({ "statsu, status", "static, status", "stats, status", "Status, status", "dryrun, dry-run",
			"dry_run, dry-run", "dry-urn, dry-run", "hepl,", "hlep,", "halp, help", "helps, help", "stat,", "state,",
			"data,", "debug,", "trace,", "status.url,", "stats.on,", "help.me,", "status,", "server.port," })
	void aNameIsNearWithinTwoEditsAndAShortOneWithinOne(String name, @Nullable String nearest) {
		assertThat(NearMisses.find(name)).isEqualTo(nearest);
	}

	@Test
	void aNameThatNothingBindsIsRefused() {
		this.environment.setProperty("harbour.name", "${statis}x $statsu");
		assertThatExceptionOfType(UsageException.class).isThrownBy(() -> refuse("--statsu=daily"))
			.withMessage("--statsu is unknown.")
			.satisfies((ex) -> assertThat(ex.getAction()).isEqualTo("Use --status."));
	}

	@Test
	void aNameThatTheConfigurationHasBelongsToTheApplication() {
		this.environment.getPropertySources().addLast(new MapPropertySource("file", Map.of("stats", "weekly")));
		assertThatNoException().isThrownBy(() -> refuse("--stats=daily"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "${stats}", "${stats:weekly}", "jdbc:postgresql://${host}/${ stats }", "${a:${stats}}" })
	void aNameThatAPlaceholderRefersToBelongsToTheApplication(String value) {
		this.environment.setProperty("harbour.report", value);
		assertThatNoException().isThrownBy(() -> refuse("--stats=daily"));
	}

	@Test
	void aNameOfTheConfigurationMetadataBelongsToTheApplication() {
		assertThat(new BoundNames(this.environment).contains("debug")).as("a setting of Spring Boot").isTrue();
		assertThat(new BoundNames(this.environment).contains("debu")).isFalse();
	}

	@Test
	void aVariableOfTheSameNameBindsNothing() {
		this.environment.getPropertySources().addLast(new MapPropertySource("systemEnvironment", Map.of("stats", "x")));
		assertThatExceptionOfType(UsageException.class).isThrownBy(() -> refuse("--stats"));
	}

	private void refuse(String argument) {
		this.environment.getPropertySources().addFirst(new SimpleCommandLinePropertySource("--migrate-only", argument));
		NearMisses.refuse(CommandLine.of(this.environment), this.environment);
	}

}
