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

	ChangeSetCommentException(ChangeSetReference changeSet, ChangeSetComment.Place place, String settings, String why) {
		super(ExitStatus.CHANGELOG,
				"The line 'lockkeeper: %s' in the comment of change set %s cannot be understood: %s."
					.formatted(settings, changeSet, why),
				"Write it like this: lockkeeper: lock-timeout=10s, statement-timeout=5min. " + place.getMeaning(),
				null);
	}

}
