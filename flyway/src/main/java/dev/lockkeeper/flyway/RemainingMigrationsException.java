// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway;

/**
 * A class of the user has decided what Flyway does, and migrations remain.
 */
class RemainingMigrationsException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	/** What to do about it. */
	private final String action;

	RemainingMigrationsException(String message, String action) {
		super(message);
		this.action = action;
	}

	String getAction() {
		return this.action;
	}

}
