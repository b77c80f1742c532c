// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.exit;

/**
 * The process was asked to end before it had done its work.
 *
 * @since 0.1.0
 */
public class TerminatedException extends LockkeeperException {

	private static final long serialVersionUID = 1L;

	/**
	 * Create an exception.
	 * @param message what the process was doing
	 */
	public TerminatedException(String message) {
		super(ExitStatus.TERMINATED, message, "Start it again: it goes on where it stopped.", null);
	}

}
