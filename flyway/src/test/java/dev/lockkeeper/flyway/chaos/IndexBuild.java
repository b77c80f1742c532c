// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway.chaos;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

import dev.lockkeeper.testsupport.TestDatabase;
import org.awaitility.Awaitility;

/**
 * Holds each index that is built concurrently: it waits for a writer.
 */
final class IndexBuild implements AutoCloseable {

	private final TestDatabase database;

	private final Connection writer;

	private IndexBuild(TestDatabase database, Connection writer) {
		this.database = database;
		this.writer = writer;
	}

	static IndexBuild hold(TestDatabase database, String table) {
		try {
			Connection writer = database.open();
			writer.setAutoCommit(false);
			try (Statement statement = writer.createStatement()) {
				statement.execute("LOCK TABLE %s IN ROW EXCLUSIVE MODE".formatted(table));
			}
			return new IndexBuild(database, writer);
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Wait until an index is held.
	 * @return the process identifier of the backend that builds it
	 */
	String awaitHeld() {
		return Awaitility.await("an index is built")
			.atMost(Processes.START)
			.until(() -> this.database.query("SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
					+ "AND query ILIKE 'create index concurrently%' AND wait_event_type = 'Lock'"),
					(pids) -> pids.size() == 1)
			.get(0);
	}

	/**
	 * Let all of them be built.
	 */
	void release() {
		close();
	}

	@Override
	public void close() {
		try {
			this.writer.close();
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
