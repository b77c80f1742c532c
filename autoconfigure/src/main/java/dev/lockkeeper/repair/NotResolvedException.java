// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.repair;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.exit.Verdict;
import dev.lockkeeper.schema.ChangeSetReference;
import org.jspecify.annotations.Nullable;

/**
 * The decision of an operator about a statement was not written.
 */
class NotResolvedException extends LockkeeperException {

	private static final long serialVersionUID = 1L;

	private final @Nullable String schema;

	private final Verdict.@Nullable ChangeSet changeSet;

	/**
	 * Create an exception.
	 * @param status how the process ends
	 * @param schema the name of the schema; {@code null} when it is about several
	 * @param changeSet the change set; {@code null} when none has that name
	 * @param message why it was not written
	 * @param action what to do
	 */
	NotResolvedException(ExitStatus status, @Nullable String schema, @Nullable ChangeSetReference changeSet,
			String message, String action) {
		super(status, message, action, null);
		this.schema = schema;
		this.changeSet = (changeSet != null)
				? new Verdict.ChangeSet(changeSet.id(), changeSet.author(), changeSet.file()) : null;
	}

	@Override
	public Verdict toVerdict() {
		return new Verdict(getStatus(), this.schema, this.changeSet, null, getMessage(), getAction(), 0, 0, null);
	}

}
