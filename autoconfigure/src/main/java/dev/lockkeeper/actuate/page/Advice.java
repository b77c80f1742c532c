// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.page;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.schema.RunEnd;
import org.jspecify.annotations.Nullable;

/**
 * What to do about the end of a run.
 *
 * @param words what to do
 * @param command the command to execute after that, if there is one
 */
record Advice(String words, @Nullable String command) {

	/**
	 * Return the advice that the status of a run gives.
	 */
	static Advice of(RunEnd end) {
		if (end.isCrash()) {
			return new Advice("There is nothing to clean up: run the migration again.", Commands.MIGRATE);
		}
		return ExitStatus.named(end.status())
			.map(Advice::of)
			.orElseGet(() -> new Advice("This failure was not foreseen: the log of that process has its stack trace.",
					null));
	}

	private static Advice of(ExitStatus status) {
		return switch (status) {
			case DONE -> new Advice("The run did what it had to do.", null);
			case CHANGELOG -> after(status, "Correct the changelog and build the release again. Then check whether it "
					+ "can be run, which changes nothing.", Commands.ASK);
			case MIGRATION -> after(status, "Correct the change set and build the release again; another run fails as "
					+ "well before that. Then run the migration.", Commands.MIGRATE);
			case UNAVAILABLE ->
				after(status, "See that the database is up, and reachable from there. Then run the migration again.",
						Commands.MIGRATE);
			case PERMISSION -> after(status,
					"Correct the login of the migration, or grant it the right that the message names. Then run the "
							+ "migration again.",
					Commands.MIGRATE);
			case CONFIG ->
				after(status, "Correct what the message names. Then run the migration again.", Commands.MIGRATE);
			case TEMPORARY, TERMINATED ->
				after(status, "Run the migration again: it goes on where this run stopped. The next run may succeed.",
						Commands.MIGRATE);
			case PENDING, USAGE -> after(status, "Correct the command line.", null);
		};
	}

	private static Advice after(ExitStatus status, String action, @Nullable String command) {
		return new Advice(status.getMeaning() + " " + action, command);
	}

}
