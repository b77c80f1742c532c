// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.exit;

/**
 * The process was started with arguments or settings that contradict each other, or with
 * nothing to do.
 *
 * @since 0.1.0
 */
public class UsageException extends LockkeeperException {

	private static final long serialVersionUID = 1L;

	/**
	 * Create an exception.
	 * @param message what does not make sense
	 * @param action what to do
	 */
	public UsageException(String message, String action) {
		super(ExitStatus.USAGE, message, action, null);
	}

}
