// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.command;

import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import dev.lockkeeper.exit.ConfigurationException;
import dev.lockkeeper.exit.UsageException;
import org.jspecify.annotations.Nullable;

import org.springframework.core.env.ConfigurableEnvironment;

/**
 * What a process does in place of migrating, by its command line: one command with its
 * options.
 *
 * @since 0.1.0
 */
public final class Request {

	private final Flag command;

	private final Map<Flag, String> values;

	private Request(Flag command, Map<Flag, String> values) {
		this.command = command;
		this.values = values;
	}

	/**
	 * Return the request of a process. Only the command line counts.
	 * @param environment the environment, complete with configuration files
	 * @param exits whether the process migrates and exits
	 * @param process how the process was started, for people to read
	 * @return the request, or {@code null} when there is none
	 * @throws UsageException when the command line contradicts itself, when the value of
	 * a flag is unknown, or when the process is not one that migrates and exits
	 */
	public static @Nullable Request of(ConfigurableEnvironment environment, boolean exits, String process) {
		CommandLine commandLine = CommandLine.of(environment);
		boolean beside = commandLine.hasMigrateOnly();
		// Alone they may be flags of the application
		if (beside) {
			NearMisses.refuse(commandLine, environment);
		}
		List<Flag> commands = commandsOf(commandLine, exits || beside);
		if (commands.size() > 1) {
			throw new UsageException("%s contradict each other.".formatted(names(commands, " and ")),
					"Use one of them at a time.");
		}
		Flag command = commands.isEmpty() ? null : commands.get(0);
		if (beside) {
			refuseStrayOptions(commandLine, command, environment);
		}
		if (command == null) {
			return null;
		}
		Request request = new Request(command, valuesOf(commandLine, command));
		if (!exits) {
			throw new UsageException(
					"--%s is a command for a process that answers and exits, and this one is in %s."
						.formatted(command.getName(), process),
					"Add --%s: java -jar application.jar --%s --%s".formatted(CommandLine.MIGRATE_ONLY,
							CommandLine.MIGRATE_ONLY, command.getName()));
		}
		return request;
	}

	/**
	 * Return whether a command line has a command, as far as the command line alone
	 * shows, and whether or not the command is valid. Never fails.
	 * @param arguments the arguments of the process
	 * @return whether it does
	 */
	public static boolean isIn(String... arguments) {
		CommandLine commandLine = CommandLine.of(arguments);
		return commandLine.get(CommandLine.MIGRATE_ONLY) != null && !commandsOf(commandLine, true).isEmpty();
	}

	/**
	 * Return whether the command line of an application has a command, whether or not the
	 * command is valid. Never fails.
	 * @param environment the environment
	 * @param exits whether the process is known to migrate and exit
	 * @return whether it does
	 */
	public static boolean isIn(ConfigurableEnvironment environment, boolean exits) {
		CommandLine commandLine = CommandLine.of(environment);
		return !commandsOf(commandLine, exits || commandLine.get(CommandLine.MIGRATE_ONLY) != null).isEmpty();
	}

	/**
	 * Find the first argument of a process that is a command.
	 * @param arguments the arguments of a process that migrates and exits
	 * @return the argument, or {@code null} when none does
	 */
	public static @Nullable String findIn(ProcessArguments arguments) {
		return arguments.find((argument) -> Flag.commands().stream().anyMatch((command) -> command.isIn(argument)));
	}

	/**
	 * Return the command.
	 * @return the command
	 */
	public Flag getCommand() {
		return this.command;
	}

	/**
	 * Return the value of a flag.
	 * @param flag the command, or one of its options
	 * @return the value, empty for a flag that needs none; {@code null} when the flag is
	 * not there
	 */
	public @Nullable String get(Flag flag) {
		return this.values.get(flag);
	}

	/**
	 * Return the value of a flag that is there.
	 * @param flag the command, or one of its options
	 * @return the value, empty for a flag that needs none
	 * @throws IllegalStateException when the flag is not there
	 */
	public String require(Flag flag) {
		String value = get(flag);
		if (value == null) {
			throw new IllegalStateException("--%s is not there".formatted(flag.getName()));
		}
		return value;
	}

	/**
	 * Return the duration that a flag has for its value.
	 * @param flag the command, or one of its options
	 * @param standard what a flag without a value means
	 * @return the duration; {@code null} when the flag is not there
	 */
	public @Nullable Duration getDuration(Flag flag, Duration standard) {
		String value = get(flag);
		if (value == null) {
			return null;
		}
		Duration duration = Values.duration(value);
		return (duration != null) ? duration : standard;
	}

	// A process that serves may have such flags of its own
	private static List<Flag> commandsOf(CommandLine commandLine, boolean exits) {
		return Flag.commands()
			.stream()
			.filter((command) -> command.isIn(commandLine))
			.filter((command) -> exits
					|| (command != Flag.HELP && required(command).allMatch((option) -> option.isIn(commandLine))))
			.toList();
	}

	private static Stream<Flag> required(Flag command) {
		return command.getOptions().stream().filter(Flag::isRequired);
	}

	private static void refuseStrayOptions(CommandLine commandLine, @Nullable Flag command,
			ConfigurableEnvironment environment) {
		for (Flag option : Flag.values()) {
			List<Flag> owners = option.getCommands();
			if (!owners.isEmpty() && !option.isOptionOf(command) && option.isIn(commandLine)
					&& !new BoundNames(environment).contains(option.getName())) {
				throw new UsageException(
						"--%s has no effect without %s.".formatted(option.getName(), names(owners, " or ")),
						"Use %s, or remove --%s.".formatted(
								owners.stream().map(Flag::getNotation).collect(Collectors.joining(" or ")),
								option.getName()));
			}
		}
	}

	private static Map<Flag, String> valuesOf(CommandLine commandLine, Flag command) {
		Map<Flag, String> values = new EnumMap<>(Flag.class);
		values.put(command, value(commandLine, command));
		for (Flag option : command.getOptions()) {
			if (option.isIn(commandLine)) {
				values.put(option, value(commandLine, option));
			}
			else if (option.isRequired()) {
				throw new UsageException("--%s needs --%s.".formatted(command.getName(), option.getName()),
						"Add %s.".formatted(option.getNotation()));
			}
		}
		return values;
	}

	private static String value(CommandLine commandLine, Flag flag) {
		String text = String.valueOf(commandLine.get(flag.getName()));
		String value = flag.getValues().read(text);
		if (value == null) {
			throw unknown(flag, text);
		}
		if (text.isEmpty() && !flag.getValues().free() && !flag.getValues().isSwitch()) {
			for (String argument : commandLine.getNonOptionArguments()) {
				if (!argument.isEmpty() && flag.getValues().read(argument) != null) {
					throw new UsageException("--%s has no value: what stands behind a space is an argument of its own."
						.formatted(flag.getName()), "Use --%s=%s.".formatted(flag.getName(), argument));
				}
			}
		}
		return value;
	}

	private static UsageException unknown(Flag flag, String text) {
		String message = text.isEmpty() ? "--%s has no value.".formatted(flag.getName())
				: ConfigurationException.isShown(text, List.of())
						? "--%s=%s is unknown.".formatted(flag.getName(), text)
						: "--%s has an unknown value.".formatted(flag.getName());
		return new UsageException(message, flag.getValues().advice("--" + flag.getName()));
	}

	private static String names(List<Flag> flags, String separator) {
		return flags.stream().map((flag) -> "--" + flag.getName()).collect(Collectors.joining(separator));
	}

}
