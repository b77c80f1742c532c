// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.exit;

import org.jspecify.annotations.Nullable;

/**
 * Something outside of Lockkeeper failed that a governed schema needs. The original
 * failure is rethrown, with this explanation attached to it.
 *
 * @since 0.1.0
 */
public final class ForeignFailureException extends LockkeeperException {

	private static final long serialVersionUID = 1L;

	/** The SQLSTATE, if the database gave one. */
	private final @Nullable String sqlState;

	/**
	 * Create an exception.
	 * @param status how the process ends
	 * @param sqlState the SQLSTATE, if the database gave one
	 * @param message what happened
	 * @param action what to do about it
	 */
	public ForeignFailureException(ExitStatus status, @Nullable String sqlState, String message, String action) {
		super(status, message, action, null);
		this.sqlState = sqlState;
	}

	/**
	 * Attach this explanation to a failure.
	 * @param failure the failure, which has none yet
	 */
	public void attachTo(Throwable failure) {
		failure.addSuppressed(this);
	}

	/**
	 * Find what was attached to a failure.
	 */
	static @Nullable ForeignFailureException attachedTo(Throwable failure) {
		for (Throwable suppressed : failure.getSuppressed()) {
			if (suppressed instanceof ForeignFailureException attached) {
				return attached;
			}
		}
		return null;
	}

	@Override
	public Verdict toVerdict() {
		return new Verdict(getStatus(), null, null, this.sqlState, getMessage(), getAction(), 0, 0, null);
	}

}
