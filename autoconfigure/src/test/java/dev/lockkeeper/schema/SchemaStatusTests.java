// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

class SchemaStatusTests {

	@ParameterizedTest
	@CsvSource({ "CURRENT, true, true", "AHEAD, true, true", "PENDING, false, false", "CHANGED, false, true",
			"UNREADABLE, false, true" })
	void decidesWhichProcessesMayServe(SchemaStatus status, boolean atStart, boolean whenServing) {
		assertThat(status.isServed()).isEqualTo(atStart);
		assertThat(status.isServedOn()).isEqualTo(whenServing);
	}

	@Test
	void thePageShowsEveryStatusWithTheProcessesThatMayServe() throws IOException {
		List<String> rows = Files.readAllLines(Path.of("..", "docs", "modes-and-statuses.md"))
			.stream()
			.filter((line) -> Arrays.stream(SchemaStatus.values())
				.anyMatch((status) -> line.startsWith("| `%s` |".formatted(status))))
			.toList();
		assertThat(rows).hasSameSizeAs(SchemaStatus.values());
		for (SchemaStatus status : SchemaStatus.values()) {
			assertThat(rows).anyMatch((row) -> row.startsWith("| `%s` | ".formatted(status)) && row
				.endsWith(" | %s | %s |".formatted(yesOrNo(status.isServed()), yesOrNo(status.isServedOn()))));
		}
	}

	private static String yesOrNo(boolean value) {
		return value ? "yes" : "no";
	}

}
