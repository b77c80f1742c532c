// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * Records the runs in the database, where the records outlive the processes that ran.
 * Everything is written under the lock of the schema, except for the end of a run that
 * has lost it.
 *
 * @since 0.1.0
 */
public interface RunLedger {

	/**
	 * Write that a run begins. The table is created when it is missing, readable for the
	 * roles that may read the history. Runs that are still open although their holder
	 * does not hold the lock are closed as {@link RunEnd#CRASHED}, and the oldest ones
	 * are removed when there are too many. When the run is recorded already, only its
	 * holder is updated, and its end removed.
	 * @param connection a connection in auto-commit mode
	 * @param schema the schema
	 * @param run the run
	 * @param now the time
	 * @throws SQLException when it cannot be written
	 */
	void begin(Connection connection, Schema schema, RunStart run, Instant now) throws SQLException;

	/**
	 * Write how often other sessions were in the way of change sets of a run that is
	 * recorded. An older version of the table, which has no place for that, stays as it
	 * is.
	 * @param connection a connection in auto-commit mode
	 * @param schema the schema
	 * @param run the run
	 * @throws SQLException when it cannot be written
	 */
	void blocked(Connection connection, Schema schema, RunStart run) throws SQLException;

	/**
	 * Write how a run ended, also when the row of its beginning is missing or closed.
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
	 * @param found what the history holds: shows what a run did whose end was not
	 * recorded
	 * @param limit the most runs to read
	 * @return the runs, the last one first. One without an end is in progress: its holder
	 * holds the lock. One whose holder cannot be checked is left out.
	 * @throws SQLException when the table may not be read
	 */
	List<RunRecord> read(Connection connection, Schema schema, Found found, int limit) throws SQLException;

	/**
	 * The schema whose runs the ledger records.
	 *
	 * @param runs the qualified name of the table of runs
	 * @param history the qualified name of the history, whose readers may read the runs
	 * @param name the name under which the runs are kept that belong together; no other
	 * schema has it
	 * @param lockName the name of the lock of the schema
	 * @param lock answers which process holds that lock
	 */
	record Schema(String runs, String history, String name, String lockName, LockReader lock) {
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
