// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.transaction;

import java.sql.SQLException;

/**
 * The engine that executes the change sets of a run. All methods are called on the thread
 * that uses the connection of the run.
 *
 * @since 0.1.0
 */
public interface RunningEngine {

	/**
	 * Return the name of the engine, for messages.
	 * @return the name
	 */
	String getName();

	/**
	 * Return what the engine uses the connection for at this moment.
	 * @return the activity
	 */
	Activity getActivity();

	/**
	 * Check that the engine has announced the change set that it executes at this moment,
	 * if it executes one.
	 * @throws SQLException when it has not; the message has what to do
	 */
	void requireAnnounced() throws SQLException;

	/**
	 * Note that something is about to be executed on the connection. An engine that
	 * announces nothing else before its record shows by it what it does.
	 * @param sql the statements
	 */
	default void executing(String sql) {
	}

	/**
	 * Return whether the engine itself takes back what a change set has set for the
	 * session, as far as its record depends on that, before it writes the record.
	 * Otherwise the run does so.
	 * @return whether it does
	 */
	default boolean restoresSession() {
		return false;
	}

	/**
	 * Note that a record was committed, with everything that its transaction has done
	 * before it.
	 */
	default void recorded() {
	}

	/**
	 * What an engine uses the connection for.
	 */
	enum Activity {

		/** It executes change sets, or prepares to. */
		EXECUTING,

		/** It writes the record of a change set. */
		RECORDING,

		/** It releases its own lock: all change sets are over. */
		RELEASING

	}

}
