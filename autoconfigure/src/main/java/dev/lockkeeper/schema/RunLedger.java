// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * Remembers in the database which runs there were, so that it outlives the processes that
 * ran. Everything is written under the lock of the schema, except for the end of a run
 * that has lost it.
 *
 * @since 0.1.0
 */
public interface RunLedger {

	/**
	 * Write that a run begins. The table is created when it is missing, to be read by
	 * those who may read the history. Runs that are still open although their holder does
	 * not hold the lock are closed as {@link RunEnd#CRASHED}, and the oldest ones are
	 * removed when there are too many. When the run is written already, only its holder
	 * is written again, and that it has not ended.
	 * @param connection a connection in auto-commit mode
	 * @param schema the schema
	 * @param run the run
	 * @param now the time
	 * @throws SQLException when it cannot be written
	 */
	void begin(Connection connection, Schema schema, RunStart run, Instant now) throws SQLException;

	/**
	 * Write how a run ended, whatever was written of it before, or became of that.
	 * @param connection a connection in auto-commit mode
	 * @param schema the schema
	 * @param run the run
	 * @throws SQLException when it cannot be written
	 */
	void end(Connection connection, Schema schema, RunRecord run) throws SQLException;

	/**
	 * Read the runs of a history.
	 * @param connection an open connection
	 * @param schema the schema; the table of its runs need not exist
	 * @param found what the history holds: tells of a run that did not say how it ended
	 * what it did
	 * @param limit the most runs to read
	 * @return the runs, the last one first. One without an end is in progress: its holder
	 * holds the lock. One of which the lock does not answer that is left out.
	 * @throws SQLException when the table may not be read
	 */
	List<RunRecord> read(Connection connection, Schema schema, Found found, int limit) throws SQLException;

	/**
	 * What the ledger has to know of a schema.
	 *
	 * @param runs the qualified name of the table of runs
	 * @param history the qualified name of the history; runs on one history belong
	 * together
	 * @param lockName the name of the lock of the schema
	 * @param lock answers who holds that lock
	 */
	record Schema(String runs, String history, String lockName, LockReader lock) {
	}

	/**
	 * What a history holds.
	 *
	 * @param rows the number of its rows
	 * @param version the change set of the last one, or {@code null} when it is empty
	 */
	record Found(int rows, @Nullable String version) {
	}

}
