// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.command;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.SimpleCommandLinePropertySource;
import org.springframework.core.env.StandardEnvironment;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The command lines in an advice, as a reader finds them there and pastes them into a
 * shell.
 */
public final class AdvisedCommand {

	private static final String CALL = "java -jar application.jar ";

	private static final Pattern COMMAND = Pattern
		.compile(CALL.replace(".", "\\.") + "(--migrate-only(?: --[a-z-]+(?:=(?:[a-z]+|(?:'[^']*'|\\\\')+))?)+)");

	private AdvisedCommand() {
	}

	/**
	 * Return the arguments of the command line that has one of them.
	 * @param advice the advice
	 * @param argument the wanted argument
	 */
	public static String[] with(String argument, String advice) {
		List<String[]> found = in(advice).stream().filter((each) -> List.of(each).contains(argument)).toList();
		assertThat(found).as(advice).hasSize(1);
		return found.get(0);
	}

	/**
	 * Return the arguments of each command line. The table of commands has all of them.
	 * @param advice the advice
	 */
	public static List<String[]> in(String advice) {
		return COMMAND.matcher(advice).results().map((found) -> split(found.group(1))).toList();
	}

	/**
	 * Return whether the table of commands has a flag.
	 * @param flag the flag with its dashes, and perhaps with its value; a value that is
	 * empty stands for any
	 */
	public static boolean isKnown(String flag) {
		String[] parts = flag.substring(2).split("=", 2);
		return parts[0].equals(CommandLine.MIGRATE_ONLY) || Arrays.stream(Flag.values())
			.filter((each) -> each.getName().equals(parts[0]))
			.anyMatch((each) -> parts.length == 1 || parts[1].isEmpty() || each.getValues().read(parts[1]) != null);
	}

	private static String[] split(String words) {
		try {
			Process shell = new ProcessBuilder("sh", "-c", "printf '%s\\0' " + words).redirectErrorStream(true).start();
			String text = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
			String[] arguments = text.split("\0");
			requireKnown(arguments);
			return arguments;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static void requireKnown(String... arguments) {
		ConfigurableEnvironment environment = new StandardEnvironment();
		environment.getPropertySources().addFirst(new SimpleCommandLinePropertySource(arguments));
		assertThat(Request.of(environment, true, "mode MIGRATE_ONLY")).as(List.of(arguments).toString()).isNotNull();
	}

}
