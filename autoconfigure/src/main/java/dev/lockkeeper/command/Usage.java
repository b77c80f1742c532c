// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.command;

import java.util.stream.Collectors;

import dev.lockkeeper.exit.ExitStatus;

/**
 * The usage text of a process that migrates and exits.
 *
 * @since 0.1.0
 */
public final class Usage {

	private static final String CALL = "java -jar application.jar --" + CommandLine.MIGRATE_ONLY;

	private static final String COLUMN = "  %-38s %s%n";

	private Usage() {
	}

	/**
	 * Return the text.
	 * @return lines for a terminal
	 */
	public static String toText() {
		StringBuilder text = new StringBuilder("""
				Usage: %s [command [options]] [settings]

				Migrates each schema and exits. With a command it does this instead:

				""".formatted(CALL));
		for (Flag command : Flag.commands()) {
			row(text, command.getNotation(), command);
			command.getOptions().forEach((option) -> row(text, "  " + option.getNotation(), option));
		}
		text.append("\nExit codes:\n\n");
		for (ExitStatus status : ExitStatus.values()) {
			text.append("  %3d  %-11s  %s%n".formatted(status.getCode(), status.name(), status.getMeaning()));
		}
		return text.toString();
	}

	private static void row(StringBuilder text, String notation, Flag flag) {
		text.append(COLUMN.formatted(notation, flag.getMeaning()));
		if (flag.isCommand()) {
			text.append(COLUMN.formatted("", "Exit codes: " + codes(flag)));
		}
	}

	private static String codes(Flag flag) {
		return flag.getExitStatuses()
			.stream()
			.map((status) -> String.valueOf(status.getCode()))
			.collect(Collectors.joining(", "));
	}

}
