// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.chaos;

import java.util.Collections;
import java.util.List;

/**
 * Where a statement outside of a transaction waits for a transaction of another session.
 */
enum Stall {

	/** The index is in the catalog, and nothing is in it. */
	BUILD_BEFORE_SCAN("first", "phase = 'waiting for writers before build'", "LOCK TABLE ship IN ROW EXCLUSIVE MODE",
			1),

	/** The index is built, and lacks what was written meanwhile. */
	BUILD_BEFORE_VALIDATION("first", "phase = 'waiting for writers before validation'",
			"LOCK TABLE ship IN ROW EXCLUSIVE MODE", 2),

	/** The index is whole, and must not be used yet. */
	BUILD_BEFORE_END("first", "phase = 'waiting for old snapshots'", "SELECT * FROM tally", 1),

	/** The index is not used any more, and not gone. */
	DROP("first,index", "query LIKE 'DROP INDEX%' AND wait_event_type = 'Lock'", "LOCK TABLE ship IN ACCESS SHARE MODE",
			1),

	/** There is a second index, which is whole. */
	REINDEX_BEFORE_SWAP("first,index,drop", "phase = 'waiting for old snapshots'", "SELECT * FROM tally", 1),

	/** There is a second index, which is the old one. */
	REINDEX_AFTER_SWAP("first,index,drop", "phase = 'waiting for readers before marking dead'",
			"LOCK TABLE ship IN ACCESS SHARE MODE", 1),

	/** The partition is about to be detached. */
	DETACH("first,index,drop", "query LIKE 'ALTER TABLE cargo%' AND wait_event_type = 'Lock'",
			"LOCK TABLE cargo IN ACCESS SHARE MODE", 1);

	private final String before;

	private final String reached;

	private final String blocker;

	private final int blockers;

	Stall(String before, String reached, String blocker, int blockers) {
		this.before = before;
		this.reached = reached;
		this.blocker = blocker;
		this.blockers = blockers;
	}

	/**
	 * Return the contexts that the database has seen before.
	 * @return the contexts
	 */
	String getBefore() {
		return this.before;
	}

	/**
	 * Return the query that shows that the statement waits here.
	 * @return a query for the process identifier of its backend
	 */
	String getReached() {
		return "SELECT a.pid FROM pg_stat_activity a LEFT JOIN pg_stat_progress_create_index p ON p.pid = a.pid "
				+ "WHERE a.datname = current_database() AND a.application_name LIKE 'lockkeeper%' AND " + this.reached;
	}

	/**
	 * Return what those execute that the statement waits for: the first before the run
	 * begins, each other one when the statement waits for the one before it, which ends
	 * then.
	 * @return the statements
	 */
	List<String> getBlockers() {
		return Collections.nCopies(this.blockers, this.blocker);
	}

}
