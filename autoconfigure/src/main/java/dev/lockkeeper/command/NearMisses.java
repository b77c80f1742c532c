// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.command;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.lockkeeper.exit.UsageException;
import org.jspecify.annotations.Nullable;

import org.springframework.core.env.ConfigurableEnvironment;

/**
 * Refuses what was meant to be a flag and is none. A name with a dot is a setting, and
 * one that something binds belongs to the application.
 *
 * @since 0.1.0
 */
public final class NearMisses {

	/**
	 * A flag behind one dash, or behind those that word processors make of two.
	 */
	private static final Pattern DASHED = Pattern.compile("\\p{Pd}+([a-z-]+)(=.*)?");

	/**
	 * The longest name that lies one edit, at most, from one that was meant.
	 */
	private static final int SHORT = 5;

	private NearMisses() {
	}

	/**
	 * Refuse what was meant to be {@code --migrate-only}.
	 * @param environment the environment
	 * @throws UsageException when the command line has a flag that is at most two edits
	 * away from it, or has it behind a dash of another kind
	 */
	public static void refuseOfMigrateOnly(ConfigurableEnvironment environment) {
		CommandLine commandLine = CommandLine.of(environment);
		List<String> flags = List.of(CommandLine.MIGRATE_ONLY);
		for (String name : commandLine.getNames()) {
			String nearest = NearestName.find(name, flags, NearestName.EDITS);
			if (nearest != null) {
				throw unknown("--" + name, nearest);
			}
		}
		refuseOtherDashes(commandLine, flags);
	}

	/**
	 * Refuse what was meant to be a command or an option.
	 */
	static void refuse(CommandLine commandLine, ConfigurableEnvironment environment) {
		BoundNames bound = new BoundNames(environment);
		for (String name : commandLine.getNames()) {
			String nearest = find(name);
			if (nearest != null && !bound.contains(name)) {
				throw unknown("--" + name, nearest);
			}
		}
		refuseOtherDashes(commandLine,
				Arrays.stream(Flag.values())
					.filter((flag) -> flag.isCommand()
							|| flag.getCommands().stream().anyMatch((command) -> command.isIn(commandLine)))
					.map(Flag::getName)
					.toList());
	}

	static @Nullable String find(String name) {
		if (name.contains(".")) {
			return null;
		}
		List<String> names = Arrays.stream(Flag.values()).map(Flag::getName).toList();
		List<String> near = names.stream()
			.filter((candidate) -> Math.min(name.length(), candidate.length()) > SHORT
					|| NearestName.find(name, List.of(candidate), 1) != null || name.equals(candidate))
			.toList();
		return NearestName.find(name, near, NearestName.EDITS);
	}

	private static void refuseOtherDashes(CommandLine commandLine, Collection<String> flags) {
		for (String argument : commandLine.getNonOptionArguments()) {
			Matcher dashed = DASHED.matcher(argument);
			if (dashed.matches() && flags.contains(dashed.group(1))) {
				throw argument.startsWith("--" + dashed.group(1)) ? CommandLine.afterOptions(dashed.group(1))
						: unknown(argument, dashed.group(1));
			}
		}
	}

	private static UsageException unknown(String argument, String nearest) {
		return new UsageException("%s is unknown.".formatted(argument), "Use --%s.".formatted(nearest));
	}

}
