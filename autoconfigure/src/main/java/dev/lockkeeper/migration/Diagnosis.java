// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import dev.lockkeeper.exit.ExitStatus;
import org.jspecify.annotations.Nullable;

/**
 * What a failure means.
 *
 * @param status how the process ends
 * @param sqlState the SQLSTATE, if the database gave one
 * @param message what happened, in one line
 * @param reason the same without SQL and without what the database quoted of data, for
 * the ledger, the endpoint and listeners
 * @param action what to do about it
 * @param passing whether the problem may pass while a database starts
 * @param ofChangeSet whether it is the failure of the change set that was running, if one
 * was
 * @since 0.1.0
 */
public record Diagnosis(ExitStatus status, @Nullable String sqlState, String message, String reason, String action,
		boolean passing, boolean ofChangeSet) {

	/**
	 * Create a diagnosis whose message has no SQL of the change set.
	 * @param status how the process ends
	 * @param sqlState the SQLSTATE, if the database gave one
	 * @param message what happened, in one line
	 * @param action what to do about it
	 * @param passing whether the problem may pass while a database starts
	 */
	public Diagnosis(ExitStatus status, @Nullable String sqlState, String message, String action, boolean passing) {
		this(status, sqlState, message, message, action, passing);
	}

	/**
	 * Create the diagnosis of a failure, which is that of the change set that was
	 * running, if one was.
	 * @param status how the process ends
	 * @param sqlState the SQLSTATE, if the database gave one
	 * @param message what happened, in one line
	 * @param reason the same without SQL
	 * @param action what to do about it
	 * @param passing whether the problem may pass while a database starts
	 */
	public Diagnosis(ExitStatus status, @Nullable String sqlState, String message, String reason, String action,
			boolean passing) {
		this(status, sqlState, message, reason, action, passing, true);
	}

	/**
	 * Return the same diagnosis of a failure that is not one of a change set, even if one
	 * was running.
	 * @return the diagnosis
	 */
	public Diagnosis ofNoChangeSet() {
		return new Diagnosis(this.status, this.sqlState, this.message, this.reason, this.action, this.passing, false);
	}

}
