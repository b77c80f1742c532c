// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.architecture;

import java.io.IOException;
import java.util.List;

import dev.lockkeeper.testing.GeneratedPage;
import org.junit.jupiter.api.Test;

/**
 * The table of the rooms in {@code docs/architecture.md}.
 */
class ArchitecturePageTests {

	private static final GeneratedPage PAGE = new GeneratedPage("architecture.md", ArchitecturePageTests.class);

	private static final String HEAD = "| Room | What it is for | It may use |\n|---|---|---|\n";

	@Test
	void thePageListsTheRoomsWithTheirSentencesAndArrows() throws IOException {
		PAGE.requirePart(HEAD, "\n## ", rows());
	}

	private static String rows() throws IOException {
		StringBuilder rows = new StringBuilder();
		for (String room : RoomTests.rooms().stream().sorted().toList()) {
			List<String> used = RoomTests.roomsUsedBy(room).stream().sorted().map((name) -> "`" + name + "`").toList();
			rows.append("| `%s` | %s | %s |\n".formatted(room, RoomTests.sentenceOf(room), String.join(", ", used)));
		}
		return rows.toString();
	}

}
