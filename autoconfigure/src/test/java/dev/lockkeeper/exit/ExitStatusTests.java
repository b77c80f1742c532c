// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.exit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class ExitStatusTests {

	@Test
	void codesAreNeverRenumbered() {
		Map<String, Integer> codes = Arrays.stream(ExitStatus.values())
			.collect(Collectors.toMap(ExitStatus::name, ExitStatus::getCode));
		assertThat(codes).containsExactlyInAnyOrderEntriesOf(
				Map.of("DONE", 0, "PENDING", 4, "USAGE", 64, "CHANGELOG", 65, "UNAVAILABLE", 69, "MIGRATION", 70,
						"TEMPORARY", 75, "PERMISSION", 77, "CONFIG", 78, "TERMINATED", 143));
	}

	@Test
	void knowsWhatIsWorthARetry() {
		assertThat(
				Arrays.stream(ExitStatus.values()).filter((status) -> status.getRetry() == ExitStatus.Retry.WORTHWHILE))
			.containsExactlyInAnyOrder(ExitStatus.UNAVAILABLE, ExitStatus.TEMPORARY, ExitStatus.TERMINATED);
		assertThat(
				Arrays.stream(ExitStatus.values()).filter((status) -> status.getRetry() == ExitStatus.Retry.NOT_NEEDED))
			.containsExactlyInAnyOrder(ExitStatus.DONE, ExitStatus.PENDING);
	}

	@Test
	void theReadmeShowsEveryCode() throws IOException {
		List<String> lines = Files.readAllLines(Path.of("..", "README.md"));
		for (ExitStatus status : ExitStatus.values()) {
			String retry = switch (status.getRetry()) {
				case NOT_NEEDED -> "–";
				case NEVER -> "no";
				case WORTHWHILE -> "yes";
			};
			assertThat(lines)
				.contains("| %d | `%s` | %s | %s |".formatted(status.getCode(), status, retry, status.getMeaning()));
		}
	}

	@Test
	void isFoundByItsName() {
		assertThat(ExitStatus.named("TEMPORARY")).contains(ExitStatus.TEMPORARY);
		assertThat(ExitStatus.named("CRASHED")).isEmpty();
	}

}
