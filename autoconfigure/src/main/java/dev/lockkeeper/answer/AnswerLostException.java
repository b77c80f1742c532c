// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.answer;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;

/**
 * The answer was known and could not be written.
 */
class AnswerLostException extends LockkeeperException {

	private static final long serialVersionUID = 1L;

	AnswerLostException() {
		super(ExitStatus.TEMPORARY, "The answer could not be written to standard output.",
				"See whether the disk is full, or whether the reader of the pipe has gone. Then ask again.", null);
	}

}
