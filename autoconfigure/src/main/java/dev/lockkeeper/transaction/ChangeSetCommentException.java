// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.transaction;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.schema.ChangeSetReference;

/**
 * The comment of a change set has a line for Lockkeeper that cannot be understood.
 */
final class ChangeSetCommentException extends LockkeeperException {

	private static final long serialVersionUID = 1L;

	ChangeSetCommentException(ChangeSetReference changeSet, String found, String why) {
		super(ExitStatus.CHANGELOG,
				"The comment of change set %s has '%s' after 'lockkeeper:', which is %s.".formatted(changeSet, found,
						why),
				"Write it like this, on a line of its own: lockkeeper: lock-timeout=10s, statement-timeout=5min. The "
						+ "comment is not part of the checksum.",
				null);
	}

}
