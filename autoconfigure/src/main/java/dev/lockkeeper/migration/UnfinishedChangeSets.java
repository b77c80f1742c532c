// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.sql.SQLException;
import java.util.List;

import dev.lockkeeper.lock.Lease;
import dev.lockkeeper.schema.ChangeSetReference;
import org.jspecify.annotations.Nullable;

/**
 * The notes that the engine of a {@link MigrationTarget} keeps of what it begins outside
 * of a transaction: shows those of runs that died, and writes the decision of an operator
 * about them.
 *
 * @since 0.1.0
 */
public interface UnfinishedChangeSets {

	/**
	 * Find the change sets of which something was begun that is not finished. The schema
	 * has been inspected before. Nothing is changed.
	 * @return the change sets, including one whose run is in progress
	 * @throws SQLException when the database does not answer or refuses
	 */
	List<Unfinished> find() throws SQLException;

	/**
	 * Write what became of the statement in which a run died, if it is still the one that
	 * was found, and no answer was written.
	 * @param found what was found
	 * @param done whether the statement counts as done; else it is executed again
	 * @param lease the lock of the schema, which the caller holds
	 * @return what became of the answer
	 * @throws SQLException when the database does not answer or refuses; then nothing was
	 * written, unless the answer to the commit was lost
	 */
	Answer resolve(Unfinished found, boolean done, Lease lease) throws SQLException;

	/**
	 * A change set that is not finished.
	 *
	 * @param changeSet the change set
	 * @param number the number of the statement that was under way, or comes next
	 * @param statement the beginning of the statement that was under way, without
	 * credentials; empty when none was
	 * @param settled why no operator has to decide about that statement; {@code null}
	 * when one has to
	 * @param note what identifies this state of the change set, for the engine alone
	 */
	record Unfinished(ChangeSetReference changeSet, int number, String statement, @Nullable String settled,
			Object note) {
	}

	/**
	 * What became of an answer.
	 */
	enum Answer {

		/** It was written. */
		WRITTEN,

		/** It was not written: the change set is not as it was found. */
		OUTDATED,

		/** It was not written: the lease is lost. */
		LEASE_LOST

	}

}
