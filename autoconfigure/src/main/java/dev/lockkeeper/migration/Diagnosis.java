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
 * @param reason the same without SQL, for everybody who may ask for the state of the
 * schema
 * @param action what to do about it
 * @param passing whether the problem may pass while a database starts
 * @since 0.1.0
 */
public record Diagnosis(ExitStatus status, @Nullable String sqlState, String message, String reason, String action,
		boolean passing) {

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

}
