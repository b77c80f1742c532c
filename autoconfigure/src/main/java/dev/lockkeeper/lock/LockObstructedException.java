// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;

/**
 * Nobody holds the lock, and yet it cannot be taken: what the last holder left behind may
 * still be at work. It may go away by itself, so it is worth to ask again; whoever has
 * waited long enough ends because of it.
 *
 * @since 0.1.0
 */
public class LockObstructedException extends LockkeeperException {

	private static final long serialVersionUID = 1L;

	/**
	 * Create an exception.
	 * @param status how a process ends that has waited long enough
	 * @param message what is in the way
	 * @param action what to do about it
	 */
	public LockObstructedException(ExitStatus status, String message, String action) {
		super(status, message, action, null);
	}

}
