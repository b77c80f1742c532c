// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.transaction;

import java.util.List;

import dev.lockkeeper.schema.ChangeSetReference;
import org.jspecify.annotations.Nullable;

/**
 * A change set that an engine executes. All methods are called on the thread of the run.
 *
 * @since 0.1.0
 */
public interface RunningChangeSet {

	/**
	 * Return what identifies the change set.
	 * @return the reference
	 */
	ChangeSetReference getReference();

	/**
	 * Return whether the engine executes the change set in one transaction.
	 * @return whether it is one transaction
	 */
	boolean isOneTransaction();

	/**
	 * Return the checksum of the change set, as it is stored with an intent.
	 * @return the checksum
	 */
	String getChecksum();

	/**
	 * Return the program that executes the change set in place of the connection of the
	 * run.
	 * @return the name of the program, or {@code null} when the connection executes it
	 */
	@Nullable String getExecutor();

	/**
	 * Return what the author of the change set has written about it beside its
	 * statements. A line of it may have settings of Lockkeeper.
	 * @return the comments; of two that differ in a setting the last one counts
	 */
	default List<ChangeSetComment> getComments() {
		return List.of();
	}

	/**
	 * Return whether the engine writes a record also of a failure, when the change set is
	 * not one transaction. Then the run notes each such change set before it executes the
	 * first statement: a later run knows by that note that the record is one of its own.
	 * @return whether a failure has a record
	 */
	default boolean recordsFailure() {
		return false;
	}

	/**
	 * Return whether the engine has skipped the change set, as far as it knows now.
	 * @return whether it was skipped
	 */
	boolean isSkipped();

	/**
	 * Return whether the change set has failed and was allowed to fail, as far as the
	 * engine knows now.
	 * @return whether it has failed
	 */
	boolean hasFailed();

	/**
	 * Take the preconditions of the change set away: the engine does not evaluate them
	 * until they are given back. Called when an earlier run has applied a part of the
	 * change set. Does nothing for an engine that knows no preconditions.
	 */
	default void removePreconditions() {
	}

	/**
	 * Give the change set the preconditions back that were taken away; does nothing when
	 * none were. Called at the end of each change set.
	 */
	default void restorePreconditions() {
	}

}
