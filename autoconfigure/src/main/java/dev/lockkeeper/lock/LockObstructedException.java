// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;

/**
 * The lock cannot be taken now, although no holder is known: a session of the last holder
 * may still be at work, or the store of the lock does not answer. That may pass, so a run
 * tries again until its wait for the lock is over, and then ends because of it.
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
