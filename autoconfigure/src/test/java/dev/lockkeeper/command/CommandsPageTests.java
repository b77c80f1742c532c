// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.command;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;

import dev.lockkeeper.command.Flag.Access;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The page of the commands has the table of the code.
 */
class CommandsPageTests {

	private static final Path PAGE = Path.of("..", "docs", "commands.md");

	private static final String COMMAND = "mvn test -pl autoconfigure -am -Dtest=CommandsPageTests "
			+ "-Dsurefire.failIfNoSpecifiedTests=false -Dlockkeeper.docs.write=true";

	private static final String HEADING = """
			| Beside `--migrate-only` | What it does | Database | Exit codes |
			|---|---|---|---|
			""";

	@Test
	void theTableIsThatOfTheCode() throws IOException {
		String page = Files.readString(PAGE);
		int begin = page.indexOf(HEADING) + HEADING.length();
		int end = page.indexOf("\n\n", begin - 1) + 1;
		String expected = page.substring(0, begin) + rows() + page.substring(end);
		if (Boolean.getBoolean("lockkeeper.docs.write")) {
			Files.writeString(PAGE, expected);
		}
		assertThat(PAGE).as("docs/commands.md; write its table anew with: " + COMMAND).content().isEqualTo(expected);
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
