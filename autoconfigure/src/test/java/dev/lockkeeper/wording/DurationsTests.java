// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.wording;

import java.time.Duration;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

class DurationsTests {

	@ParameterizedTest
	@CsvSource({ "PT0S, 0s", "PT0.3004S, 300ms", "PT1S, 1s", "PT1.9S, 1s", "PT90S, 1m30s", "PT10M, 10m",
			"PT4M59.989291089S, 4m59s", "PT25H, 1d1h" })
	void areWrittenAsPeopleDo(Duration duration, String words) {
		assertThat(Durations.inWords(duration)).isEqualTo(words);
	}

}
