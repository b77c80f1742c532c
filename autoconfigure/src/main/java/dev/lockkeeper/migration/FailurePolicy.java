// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.schema.DatabaseFailure;

/**
 * What a process makes of a failure that a database has reported: the one place that
 * decides with which status it ends.
 *
 * @param onRead how a process ends that could not open a connection or read
 * @param inRun how a process ends whose run broke off
 * @param passing whether a process that reads waits for the failure to pass before it
 * gives up: a database may still be starting, a password may be rotating, a database may
 * still be created, others may be in the way
 * @since 0.1.0
 */
public record FailurePolicy(ExitStatus onRead, ExitStatus inRun, boolean passing) {

	/**
	 * Return the policy for a kind of failure.
	 * @param failure the kind
	 * @return the policy
	 */
	public static FailurePolicy of(DatabaseFailure failure) {
		return switch (failure) {
			case UNREACHABLE, TOO_MANY_CONNECTIONS, NOT_SERIALIZABLE ->
				new FailurePolicy(ExitStatus.UNAVAILABLE, ExitStatus.TEMPORARY, true);
			case OUT_OF_TIME, NOT_SUPPORTED, UNKNOWN ->
				new FailurePolicy(ExitStatus.UNAVAILABLE, ExitStatus.MIGRATION, true);
			case SESSION_ENDED, LOCKED -> always(ExitStatus.TEMPORARY, true);
			case READ_ONLY, SHORTAGE -> always(ExitStatus.TEMPORARY, false);
			case WRONG_PASSWORD -> always(ExitStatus.PERMISSION, true);
			case LOGIN_REFUSED, MISSING_RIGHT -> always(ExitStatus.PERMISSION, false);
			case NO_SUCH_DATABASE -> always(ExitStatus.CONFIG, true);
			case OF_STATEMENT -> always(ExitStatus.MIGRATION, false);
		};
	}

	private static FailurePolicy always(ExitStatus status, boolean passing) {
		return new FailurePolicy(status, status, passing);
	}

}
