// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.command;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/**
 * The arguments of this process as the operating system has them, whether or not
 * {@code main} hands them on. Those of the JVM itself are among them; it refuses any that
 * have the form of a flag of ours.
 *
 * @since 0.1.0
 */
public final class ProcessArguments {

	private static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");

	private final List<String> values;

	private ProcessArguments(List<String> values) {
		this.values = List.copyOf(values);
	}

	/**
	 * Read the arguments of this process.
	 * @return the arguments; none when the operating system does not show them
	 */
	public static ProcessArguments read() {
		return new ProcessArguments(fromOperatingSystem(COMMAND_LINE));
	}

	static List<String> fromOperatingSystem(Path commandLine) {
		try {
			String text = Files.readString(commandLine, StandardCharsets.ISO_8859_1);
			return Arrays.stream(text.split("\0")).filter((argument) -> !argument.isEmpty()).toList();
		}
		catch (IOException ex) {
			// Java has none when the command line has 4,096 bytes or more
			return ProcessHandle.current().info().arguments().map(List::of).orElse(List.of());
		}
	}

	/**
	 * Return arguments that are known already.
	 * @param values the arguments
	 * @return the arguments
	 */
	public static ProcessArguments of(String... values) {
		return new ProcessArguments(List.of(values));
	}

	/**
	 * Return these arguments and others: a launcher, or {@code main}, may add some.
	 * @param others the other ones
	 * @return all of them
	 */
	public ProcessArguments and(ProcessArguments others) {
		return new ProcessArguments(Stream.concat(this.values.stream(), others.values.stream()).toList());
	}

	/**
	 * Find one of some arguments, each written in full.
	 * @param forms the arguments to find, their values in lower case and with dashes
	 * @return the first of this process's arguments that is one of them, with its value
	 * in any spelling that binds; or {@code null}
	 */
	public @Nullable String find(List<String> forms) {
		return find((argument) -> forms.contains(withPlainValue(argument)));
	}

	/**
	 * Find an argument.
	 * @param wanted whether it is the wanted one
	 * @return the first one that is; or {@code null}
	 */
	@Nullable String find(Predicate<String> wanted) {
		return this.values.stream().filter(wanted).findFirst().orElse(null);
	}

	/**
	 * Return whether an argument is among these.
	 * @param argument the argument
	 * @return whether it is
	 */
	public boolean contains(String argument) {
		return this.values.contains(argument);
	}

	private static String withPlainValue(String argument) {
		int value = argument.indexOf('=') + 1;
		return (value > 0) ? argument.substring(0, value)
				+ argument.substring(value).trim().toLowerCase(Locale.ROOT).replace('_', '-') : argument;
	}

}
