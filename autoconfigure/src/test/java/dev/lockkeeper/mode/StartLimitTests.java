// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.mode;

import java.time.Duration;
import java.util.Objects;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.mock.env.MockEnvironment;

import static org.assertj.core.api.Assertions.assertThat;

class StartLimitTests {

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			DYNO           | HEROKU gives a start 60 seconds unless the Java buildpack sets more, at most 90
			K_SERVICE      | CLOUD_RUN gives a start 240 seconds
			NOMAD_ALLOC_ID | NOMAD gives a start 300 seconds unless healthy_deadline in the job's update block sets more
			""")
	void saysWhatThePlatformGivesAStart(String variable, String words) {
		assertThat(limit(variable)).hasToString(words);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			DYNO           | 60s, or to less than 90s where that is set
			K_SERVICE      | 240s
			NOMAD_ALLOC_ID | 300s, or to less than what is set there
			""")
	void saysWhichWaitsFit(String variable, String words) {
		assertThat(limit(variable).fitting()).isEqualTo(words);
	}

	@ParameterizedTest
	@CsvSource({ "DYNO, 59, false, true", "DYNO, 60, false, false", "DYNO, 60, true, true", "DYNO, 89, true, true",
			"DYNO, 90, true, false", "K_SERVICE, 239, false, true", "K_SERVICE, 240, true, false",
			"NOMAD_ALLOC_ID, 299, false, true", "NOMAD_ALLOC_ID, 300, false, false",
			"NOMAD_ALLOC_ID, 86400, true, true" })
	void comparesAWaitWithWhatThePlatformGives(String variable, int seconds, boolean chosen, boolean fits) {
		assertThat(limit(variable).fits(Duration.ofSeconds(seconds), chosen)).isEqualTo(fits);
	}

	@Test
	void isUnknownWhereNoPlatformIsOrThePlatformHasNone() {
		assertThat(StartLimit.find(new MockEnvironment())).isNull();
		assertThat(StartLimit.find(environment("KUBERNETES_SERVICE_HOST"))).isNull();
	}

	@Test
	void isUnknownForDokkuWhichSetsTheVariableOfHeroku() {
		assertThat(StartLimit.find(environment("DYNO").withProperty("DOKKU_APP_TYPE", "dockerfile"))).isNull();
		assertThat(StartLimit.find(environment("K_SERVICE").withProperty("DOKKU_APP_TYPE", "dockerfile"))).isNotNull();
	}

	@Test
	void aPlatformThatChecksThePortIsFound() {
		assertThat(ModeResolver.findPortCheckingPlatform(environment("DYNO"))).isEqualTo("HEROKU");
		assertThat(ModeResolver.findPortCheckingPlatform(environment("NOMAD_ALLOC_ID"))).isNull();
		assertThat(ModeResolver.findPortCheckingPlatform(new MockEnvironment())).isNull();
	}

	private static StartLimit limit(String variable) {
		return Objects.requireNonNull(StartLimit.find(environment(variable)));
	}

	private static MockEnvironment environment(String variable) {
		return new MockEnvironment().withProperty(variable, "x");
	}

}
