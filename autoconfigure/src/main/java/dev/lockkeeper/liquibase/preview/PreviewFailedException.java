// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase.preview;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;

/**
 * The SQL of a changelog cannot be known without changing the database.
 */
class PreviewFailedException extends LockkeeperException {

	private static final long serialVersionUID = 1L;

	PreviewFailedException(String schema, Throwable cause) {
		super(ExitStatus.CHANGELOG,
				"A change set or a precondition of schema %s writes to the database while its SQL is computed."
					.formatted(schema),
				"Find the custom change or the precondition that does, and let it leave the writing to the run.",
				cause);
	}

}
