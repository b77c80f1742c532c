// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.architecture;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The table of the rooms in {@code docs/architecture.md}.
 */
class ArchitecturePageTests {

	private static final Path PAGE = Path.of("..", "docs", "architecture.md");

	private static final String HEAD = "| Room | What it is for | It may use |\n|---|---|---|\n";

	private static final String COMMAND = "mvn test -pl autoconfigure -am -Dtest=ArchitecturePageTests "
			+ "-Dsurefire.failIfNoSpecifiedTests=false -Dlockkeeper.docs.write=true";

	@Test
	void thePageListsTheRoomsWithTheirSentencesAndArrows() throws IOException {
		String page = Files.readString(PAGE);
		int begin = page.indexOf(HEAD) + HEAD.length();
		int end = page.indexOf("\n## ", begin);
		String expected = page.substring(0, begin) + rows() + page.substring(end);
		if (Boolean.getBoolean("lockkeeper.docs.write")) {
			Files.writeString(PAGE, expected);
		}
		assertThat(PAGE).as("docs/architecture.md; write its table anew with: " + COMMAND)
			.content()
			.isEqualTo(expected);
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
