// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import java.time.Instant;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.ExitStatus.Retry;
import org.jspecify.annotations.Nullable;

/**
 * How a run ended.
 *
 * @param status the name of its status
 * @param code the exit code that belongs to it, or {@code null} when there is none
 * @param applied the number of change sets that it applied
 * @param to the version that the schema had then, or {@code null} for an empty history
 * @param changeSet the change set that failed or was under way, if there was one
 * @param sqlState the SQLSTATE, if the database gave one
 * @param message what happened, in one line
 * @param at when it ended; for one that {@link #CRASHED}, when its lock ended, or the
 * next run noticed that
 * @since 0.1.0
 */
public record RunEnd(String status, @Nullable Integer code, int applied, @Nullable String to,
		@Nullable ChangeSetReference changeSet, @Nullable String sqlState, @Nullable String message, Instant at) {

	/**
	 * The status of a run that failed in a way that nobody foresaw.
	 */
	public static final String UNFORESEEN = "UNFORESEEN";

	/**
	 * The status of a run that did not say how it ended.
	 */
	public static final String CRASHED = "CRASHED";

	/**
	 * Create the end of a run that did not say how it ended, and does not hold the lock
	 * any more.
	 * @param applied the number of rows that the history has gained since it began
	 * @param to the version that the schema has
	 * @param at when the lock ended, or when that was noticed
	 * @return the end
	 */
	public static RunEnd crashed(int applied, @Nullable String to, Instant at) {
		return new RunEnd(CRASHED, null, applied, to, null, null,
				"The run did not say how it ended: its process died, or could not write it.", at);
	}

	/**
	 * Return whether the run did not say how it ended.
	 * @return whether it did not
	 */
	public boolean isCrash() {
		return CRASHED.equals(this.status);
	}

	/**
	 * Return whether something stood in the way of the run that goes away by itself.
	 * @return whether another run may succeed as it is
	 */
	public boolean isPassing() {
		return ExitStatus.named(this.status).map(ExitStatus::getRetry).filter(Retry.WORTHWHILE::equals).isPresent();
	}

	/**
	 * Return whether somebody has to change something before another run can succeed.
	 * @return whether the run failed for good
	 */
	public boolean isFailure() {
		return !isCrash() && !isPassing() && !ExitStatus.DONE.name().equals(this.status);
	}

}
