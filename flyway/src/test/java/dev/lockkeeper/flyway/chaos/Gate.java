// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway.chaos;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

import dev.lockkeeper.testsupport.TestDatabase;
import org.awaitility.Awaitility;

/**
 * Holds each migration that comes to it, until it is opened.
 */
final class Gate implements AutoCloseable {

	/**
	 * The statement of a migration that is held.
	 */
	static final String PASS = "select pg_advisory_xact_lock_shared(20);\n";

	private final TestDatabase database;

	private final Connection connection;

	private Gate(TestDatabase database, Connection connection) {
		this.database = database;
		this.connection = connection;
	}

	static Gate close(TestDatabase database) {
		try {
			Connection connection = database.open();
			try (Statement statement = connection.createStatement()) {
				statement.execute("SELECT pg_advisory_lock(20)");
			}
			return new Gate(database, connection);
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Wait until one backend is held.
	 * @return its process identifier
	 */
	String awaitHeld() {
		return Awaitility.await("a migration is held")
			.atMost(Processes.START)
			.until(() -> this.database.query(
					"SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'"),
					(pids) -> pids.size() == 1)
			.get(0);
	}

	/**
	 * Let everything pass.
	 */
	void open() {
		close();
	}

	@Override
	public void close() {
		try {
			this.connection.close();
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
