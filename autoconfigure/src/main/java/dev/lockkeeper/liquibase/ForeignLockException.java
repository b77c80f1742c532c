// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import liquibase.exception.LockException;

/**
 * A Liquibase that is not governed held the changelog lock for too long.
 */
final class ForeignLockException extends LockException {

	private static final long serialVersionUID = 1L;

	private final String action;

	ForeignLockException(String message, String action) {
		super(message);
		this.action = action;
	}

	String getAction() {
		return this.action;
	}

}
