// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.sample.traffic;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import dev.lockkeeper.testsupport.TestDatabase;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * An application that reads and writes a table without a pause: a reader and a writer,
 * each on a connection of its own.
 */
final class Traffic implements AutoCloseable {

	/** Its sessions in the database. */
	static final String NAME = "traffic";

	// None of them waits so long for a lock unless it is kept waiting for good
	private static final String LOCK_TIMEOUT = "SET lock_timeout = '30s'";

	// The rows of the first batches alone
	private static final int ROWS = 50;

	private final List<Client> clients;

	private volatile boolean ended;

	private Traffic(TestDatabase database) {
		this.clients = Stream.of("SELECT id, port_id FROM ship WHERE id = ?", "UPDATE ship SET imo = imo WHERE id = ?")
			.map((sql) -> new Client(database, sql))
			.toList();
	}

	static Traffic start(TestDatabase database) {
		Traffic traffic = new Traffic(database);
		traffic.clients.forEach(Thread::start);
		return traffic;
	}

	/**
	 * Wait until each client was served some more times.
	 */
	void awaitService() {
		List<Integer> before = this.clients.stream().map((client) -> client.served.get()).toList();
		Awaitility.await("both are served").until(() -> {
			for (int i = 0; i < before.size(); i++) {
				this.clients.get(i).check();
				if (this.clients.get(i).served.get() < before.get(i) + 5) {
					return false;
				}
			}
			return true;
		});
	}

	@Override
	public void close() {
		this.ended = true;
		this.clients.forEach((client) -> {
			try {
				client.join();
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
			client.check();
		});
	}

	private final class Client extends Thread {

		private final TestDatabase database;

		private final String sql;

		private final AtomicInteger served = new AtomicInteger();

		private volatile @Nullable Throwable failure;

		Client(TestDatabase database, String sql) {
			super(sql);
			this.database = database;
			this.sql = sql;
		}

		@Override
		public void run() {
			try (Connection connection = this.database.open(); Statement session = connection.createStatement()) {
				session.execute("SET application_name = '%s'".formatted(NAME));
				session.execute(LOCK_TIMEOUT);
				try (PreparedStatement statement = connection.prepareStatement(this.sql)) {
					while (!Traffic.this.ended) {
						statement.setInt(1, 1 + this.served.get() % ROWS);
						statement.execute();
						this.served.incrementAndGet();
					}
				}
			}
			catch (SQLException ex) {
				this.failure = ex;
			}
		}

		private void check() {
			Throwable found = this.failure;
			if (found != null) {
				throw new AssertionError(this.sql, found);
			}
		}

	}

}
