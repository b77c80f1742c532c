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
	 * those who may read the history. Runs that are still open and do not hold the lock
	 * any more are closed as {@link RunEnd#CRASHED}, and the oldest ones are removed when
	 * there are too many. When the run is written already, only its holder is written
	 * again, and that it has not ended.
	 * @param connection a connection in auto-commit mode
	 * @param tables the tables
	 * @param run the run
	 * @param now the time
	 * @throws SQLException when it cannot be written
	 */
	void begin(Connection connection, Tables tables, RunStart run, Instant now) throws SQLException;

	/**
	 * Write how a run ended, whatever was written of it before, or became of that.
	 * @param connection a connection in auto-commit mode
	 * @param tables the tables
	 * @param run the run
	 * @throws SQLException when it cannot be written
	 */
	void end(Connection connection, Tables tables, RunRecord run) throws SQLException;

	/**
	 * Read the runs of a history.
	 * @param connection an open connection
	 * @param tables the tables; that of the runs need not exist
	 * @param found what the history holds: tells of a run that did not say how it ended
	 * what it did
	 * @param limit the most runs to read
	 * @return the runs, the last one first; one without an end is in progress
	 * @throws SQLException when the tables may not be read
	 */
	List<RunRecord> read(Connection connection, Tables tables, Found found, int limit) throws SQLException;

	/**
	 * The tables of one schema.
	 *
	 * @param runs the qualified name of the table of runs
	 * @param history the qualified name of the history; runs on one history belong
	 * together
	 * @param locks the qualified name of the table of locks
	 * @param lock the name of the lock of the schema
	 */
	record Tables(String runs, String history, String locks, String lock) {
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
