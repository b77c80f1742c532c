// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.mode;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.boot.cloud.CloudPlatform;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The page of the modes knows every mode and every platform.
 */
class ModesPageTests {

	private final List<String> lines = Files.readAllLines(Path.of("..", "docs", "modes-and-statuses.md"));

	ModesPageTests() throws IOException {
	}

	@ParameterizedTest
	@EnumSource
	void describesEveryModeOnce(Mode mode) {
		assertThat(this.lines).filteredOn((line) -> line.startsWith("| `%s` |".formatted(mode)))
			.singleElement()
			.asString()
			.contains("`lockkeeper.mode=%s`".formatted(mode.name().toLowerCase(Locale.ROOT).replace('_', '-')));
	}

	@ParameterizedTest
	@EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
	void namesEveryPlatformOfSpringBoot(CloudPlatform platform) {
		assertThat(this.lines).filteredOn((line) -> line.startsWith("| `%s` |".formatted(platform))).hasSize(1);
	}

	@Test
	void namesThePlatformsThatSpringBootDoesNotKnow() {
		assertThat(this.lines).anyMatch((line) -> line.startsWith("| `CLOUD_RUN` |"))
			.anyMatch((line) -> line.startsWith("| `AWS_LAMBDA` |"));
	}

}
