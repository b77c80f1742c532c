// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.command;

import java.io.IOException;
import java.util.Arrays;
import java.util.stream.Collectors;

import dev.lockkeeper.command.Flag.Access;
import dev.lockkeeper.testing.GeneratedPage;
import org.junit.jupiter.api.Test;

/**
 * The page of the commands has the table of the code.
 */
class CommandsPageTests {

	private static final GeneratedPage PAGE = new GeneratedPage("commands.md", CommandsPageTests.class);

	private static final String HEADING = """
			| Beside `--migrate-only` | What it does | Database | Exit codes |
			|---|---|---|---|
			""";

	@Test
	void theTableIsThatOfTheCode() throws IOException {
		PAGE.requirePart(HEADING, "\n\n", rows().stripTrailing());
	}

	private static String rows() {
		return Arrays.stream(Flag.values()).map(CommandsPageTests::row).collect(Collectors.joining());
	}

	private static String row(Flag flag) {
		String commands = flag.getCommands()
			.stream()
			.map((command) -> "`--%s`".formatted(command.getName()))
			.collect(Collectors.joining(" or "));
		String beside = commands.isEmpty() ? ""
				: " with %s%s".formatted(commands, flag.isRequired() ? "" : ", if wanted");
		return "| `%s`%s | %s | %s | %s |\n".formatted(flag.getNotation().replace("|", "\\|"), beside,
				flag.getMeaning(), commands.isEmpty() ? database(flag.getAccess()) : "",
				commands.isEmpty() ? codes(flag) : "");
	}

	private static String database(Access access) {
		return switch (access) {
			case NONE -> "not needed";
			case READS -> "read";
			case WRITES -> "written";
		};
	}

	private static String codes(Flag flag) {
		return flag.getExitStatuses()
			.stream()
			.map((status) -> String.valueOf(status.getCode()))
			.collect(Collectors.joining(", "));
	}

}
