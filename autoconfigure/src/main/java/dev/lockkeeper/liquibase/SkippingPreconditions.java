// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import dev.lockkeeper.postgresql.SqlStates;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.DatabaseChangeLog;
import liquibase.database.Database;
import liquibase.exception.PreconditionErrorException;
import liquibase.exception.PreconditionFailedException;
import liquibase.precondition.core.PreconditionContainer;
import liquibase.precondition.core.PreconditionContainer.ErrorOption;
import liquibase.precondition.core.PreconditionContainer.FailOption;
import org.jspecify.annotations.Nullable;

/**
 * The preconditions of a change set that let a run continue without it.
 *
 * @param changeSet the change set
 * @param preconditions its preconditions
 * @param onFail whether the run continues when one of them is not met
 * @param onError whether the run continues when one of them cannot be checked
 */
record SkippingPreconditions(ChangeSet changeSet, PreconditionContainer preconditions, boolean onFail,
		boolean onError) {

	/**
	 * Return the preconditions of a change set, or {@code null} when none of them lets
	 * the run continue.
	 */
	static @Nullable SkippingPreconditions of(ChangeSet changeSet) {
		PreconditionContainer preconditions = changeSet.getPreconditions();
		if (preconditions == null) {
			return null;
		}
		boolean onFail = preconditions.getOnFail() == FailOption.CONTINUE;
		boolean onError = preconditions.getOnError() == ErrorOption.CONTINUE;
		return (onFail || onError) ? new SkippingPreconditions(changeSet, preconditions, onFail, onError) : null;
	}

	/**
	 * Check them.
	 * @return whether a run would skip the change set now
	 */
	boolean areSkipping(Database database, DatabaseChangeLog changeLog) {
		try {
			this.preconditions.check(database, changeLog, this.changeSet, null);
			return false;
		}
		catch (PreconditionFailedException ex) {
			return this.onFail;
		}
		catch (PreconditionErrorException ex) {
			// A role that may only read the history cannot check them, and must not
			// wait for ever
			return this.onError || SqlStates.isPermission(SqlStates.of(ex));
		}
	}

}
