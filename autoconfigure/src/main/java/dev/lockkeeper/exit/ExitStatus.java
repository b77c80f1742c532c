// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.exit;

import java.util.Arrays;
import java.util.Optional;

/**
 * How a process of Lockkeeper ends. Orchestrators act on the {@link #getCode() code};
 * codes are never renumbered. Those from 64 to 78 are the ones of BSD's
 * {@code sysexits.h}, 143 is the code of a process that was ended by SIGTERM.
 *
 * @since 0.1.0
 */
public enum ExitStatus {

	/** Migrated, or there was nothing to do. */
	DONE(0, Retry.NOT_NEEDED, "Migrated; nothing to do; a question answered."),

	/** A question was answered: there are pending change sets. */
	PENDING(4, Retry.NOT_NEEDED, "A question answered: there are pending change sets."),

	/** Flags that contradict each other, or nothing that could be migrated. */
	USAGE(64, Retry.NEVER, "Contradictory or unknown flags, or nothing that could be migrated."),

	/** The changelog cannot be run as it is. */
	CHANGELOG(65, Retry.NEVER,
			"The changelog is missing, malformed, contradicts itself or the history, or halts by a precondition."),

	/** The database did not answer in time. */
	UNAVAILABLE(69, Retry.WORTHWHILE, "The database could not be reached in time."),

	/** A change set failed. */
	MIGRATION(70, Retry.NEVER, "A change set failed."),

	/** Something stood in the way that goes away by itself. */
	TEMPORARY(75, Retry.WORTHWHILE,
			"The lock stayed busy, a connection was lost, resources were short, or the time was up."),

	/** The database refused the login or a right. */
	PERMISSION(77, Retry.NEVER, "The database refused the login or a right."),

	/** A setting is wrong. */
	CONFIG(78, Retry.NEVER, "A setting is wrong or refused, or the database or a schema does not exist."),

	/** The process was asked to end. */
	TERMINATED(143, Retry.WORTHWHILE, "The process was asked to end.");

	private final int code;

	private final Retry retry;

	private final String meaning;

	ExitStatus(int code, Retry retry, String meaning) {
		this.code = code;
		this.retry = retry;
		this.meaning = meaning;
	}

	/**
	 * Find a status by its name.
	 * @param name the name
	 * @return the status; empty when none has that name
	 */
	public static Optional<ExitStatus> named(String name) {
		return Arrays.stream(values()).filter((status) -> status.name().equals(name)).findFirst();
	}

	/**
	 * Return the exit code of the process.
	 * @return the code, from 0 to 143
	 */
	public int getCode() {
		return this.code;
	}

	/**
	 * Return whether it makes sense to start the same process again.
	 * @return the class of this status
	 */
	public Retry getRetry() {
		return this.retry;
	}

	/**
	 * Return what the status means, in one sentence.
	 * @return the meaning
	 */
	public String getMeaning() {
		return this.meaning;
	}

	/**
	 * Whether the same process may succeed when it is started again.
	 */
	public enum Retry {

		/** The process did what it was asked for. */
		NOT_NEEDED,

		/** The next try fails as well, unless something is corrected. */
		NEVER,

		/** The next try may succeed. */
		WORTHWHILE

	}

}
