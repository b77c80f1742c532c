// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

/**
 * A run broke off because its session with the database is gone. What it had committed is
 * in the history.
 *
 * @since 0.1.0
 */
public class SessionLostException extends Exception {

	private static final long serialVersionUID = 1L;

	/**
	 * Whether another run can begin where this one stopped.
	 */
	private final boolean repeatable;

	/**
	 * Create an exception.
	 * @param cause what the run failed with
	 * @param repeatable whether it is proved that another run can begin where this one
	 * stopped: whatever is not in the history is rolled back, or will be when the server
	 * ends the session
	 */
	public SessionLostException(Exception cause, boolean repeatable) {
		super(cause);
		this.repeatable = repeatable;
	}

	/**
	 * Return what the run failed with.
	 * @return the failure
	 */
	@Override
	public synchronized Exception getCause() {
		return (super.getCause() instanceof Exception failure) ? failure : this;
	}

	/**
	 * Return whether another run can begin where this one stopped.
	 * @return whether it can; otherwise the outcome of a statement is unknown that is not
	 * in one transaction with its row in the history
	 */
	public boolean isRepeatable() {
		return this.repeatable;
	}

}
