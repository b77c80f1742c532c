// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.mode;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.boot.cloud.CloudPlatform;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The page of the modes has every mode and every platform.
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
	@EnumSource
	void saysWhatEveryPlatformIsRecognisedByAndWhetherItDefers(Platform platform) {
		String row = "| `%s` | `%s` | ".formatted(platform, platform.isDeferring() ? Mode.DEFER : Mode.SELF);
		assertThat(this.lines).filteredOn((line) -> line.startsWith(row))
			.singleElement()
			.asString()
			.contains(platform.variables().map("`%s`"::formatted).toList());
	}

	@ParameterizedTest
	@EnumSource
	void saysHowLongEveryPlatformLetsAProcessStart(Platform platform) {
		StartLimit limit = StartLimit.of(platform);
		List<String> rows = this.lines.stream()
			.filter((line) -> line.startsWith("| `%s` | ".formatted(platform)) && line.contains(" seconds | "))
			.toList();
		if (limit == null) {
			assertThat(rows).isEmpty();
			return;
		}
		assertThat(rows).singleElement()
			.asString()
			.contains("| %d seconds | ".formatted(limit.unlessSet().toSeconds()))
			.contains(
					(limit.most() != null && limit.setting() != null) ? String.valueOf(limit.most().toSeconds()) : "");
	}

	@ParameterizedTest
	@EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
	void everyPlatformOfSpringBootIsKnown(CloudPlatform platform) {
		assertThat(Platform.find(platform.name())).isNotNull();
	}

}
