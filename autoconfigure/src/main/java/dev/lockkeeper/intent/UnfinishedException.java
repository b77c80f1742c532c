// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.intent;

import java.sql.SQLException;

import dev.lockkeeper.exit.ExitStatus;

/**
 * A change set that is not one transaction is unfinished, in a way that needs an
 * operator.
 *
 * @since 0.1.0
 */
public class UnfinishedException extends SQLException {

	private static final long serialVersionUID = 1L;

	/** How the process ends. */
	private final ExitStatus status;

	/** What was found, without SQL. */
	private final String reason;

	/** What to do. */
	private final String action;

	/**
	 * Create an exception.
	 * @param status how the process ends
	 * @param message what was found
	 * @param reason the same without SQL
	 * @param action what to do
	 */
	public UnfinishedException(ExitStatus status, String message, String reason, String action) {
		super(message);
		this.status = status;
		this.reason = reason;
		this.action = action;
	}

	/**
	 * Return how the process ends.
	 * @return the status
	 */
	public ExitStatus getStatus() {
		return this.status;
	}

	/**
	 * Return what was found, as it may be shown wherever the state of the schema is
	 * shown.
	 * @return the message without SQL
	 */
	public String getReason() {
		return this.reason;
	}

	/**
	 * Return what to do.
	 * @return the action
	 */
	public String getAction() {
		return this.action;
	}

}
