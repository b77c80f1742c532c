// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.repair;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.exit.Verdict;

/**
 * A lock was not released, because nothing proves that its holder is dead.
 */
class LockKeptException extends LockkeeperException {

	private static final long serialVersionUID = 1L;

	private final String schema;

	/**
	 * Create an exception.
	 * @param schema the name of the schema
	 * @param lock which of its locks it is
	 * @param facts what is known of the holder
	 * @param action what to do
	 */
	LockKeptException(String schema, String lock, String facts, String action) {
		super(ExitStatus.CHANGELOG, "The %s of schema %s was not released: %s.".formatted(lock, schema, facts), action,
				null);
		this.schema = schema;
	}

	@Override
	public Verdict toVerdict() {
		return new Verdict(getStatus(), this.schema, null, null, getMessage(), getAction(), 0, 0, null);
	}

}
