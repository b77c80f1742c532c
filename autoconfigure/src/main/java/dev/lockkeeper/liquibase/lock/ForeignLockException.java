// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase.lock;

import liquibase.exception.LockException;

/**
 * A Liquibase that is not governed held the changelog lock for too long.
 *
 * @since 0.1.0
 */
public final class ForeignLockException extends LockException {

	private static final long serialVersionUID = 1L;

	/** What to do about it. */
	private final String action;

	ForeignLockException(String message, String action) {
		super(message);
		this.action = action;
	}

	/**
	 * Return what to do about it.
	 * @return a sentence
	 */
	public String getAction() {
		return this.action;
	}

}
