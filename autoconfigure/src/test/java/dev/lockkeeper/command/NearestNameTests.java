// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.command;

import java.util.List;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

class NearestNameTests {

	private static final List<String> NAMES = List.of("P_DEFER_WAIT_TIMEOUT", "P_LOCK_WAIT_TIMEOUT", "P_DATABASE_WAIT",
			"P_DEFER_STARTUP", "P_MODE");

	@Test
	void theNearestNameIsTheOneWithTheFewestEdits() {
		assertThat(NearestName.find("mod", List.of("mad", "mode", "model"), 2)).isEqualTo("mad");
		assertThat(NearestName.find("mdoe", List.of("model", "mode"), 2)).isEqualTo("mode");
		assertThat(NearestName.find("mode", List.of("mode", "model"), 2)).as("spelt right").isNull();
		assertThat(NearestName.find("far", List.of("mode"), 2)).isNull();
	}

	@ParameterizedTest
	@CsvSource({ "P_WAIT_TIMEOUT, P_LOCK_WAIT_TIMEOUT", "P_DEFER_TIMEOUT, P_DEFER_WAIT_TIMEOUT",
			"P_DEFER_WAIT, P_DEFER_WAIT_TIMEOUT", "P_STARTUP, P_DEFER_STARTUP", "P_TIMEOUT_WAIT,", "P_DATABASE,",
			"P_WAIT,", "P_TIMEOUT,", "P_ARTUP,", "P_DEFER_WAIT_TIMEOUT_X,", "P_," })
	void aNameThatLeavesWordsOutIsFound(String shortened, @Nullable String expected) {
		assertThat(NearestName.findLonger(shortened, NAMES, "P_")).isEqualTo(expected);
	}

}
