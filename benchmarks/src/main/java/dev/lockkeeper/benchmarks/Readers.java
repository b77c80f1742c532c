// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.benchmarks;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

import dev.lockkeeper.testsupport.TestDatabase;
import org.jspecify.annotations.Nullable;

/**
 * Clients that read a table, one row after the other.
 */
final class Readers implements AutoCloseable {

	private static final Duration PAUSE = Duration.ofMillis(5);

	/** What takes longer was kept waiting. */
	private static final Duration SERVED = Duration.ofMillis(100);

	private final List<Thread> clients;

	private final List<Wait> waits = new CopyOnWriteArrayList<>();

	private volatile long longest;

	private volatile boolean ended;

	private volatile @Nullable SQLException failure;

	private Readers(TestDatabase database, String sql, int count) {
		this.clients = IntStream.range(0, count).mapToObj((i) -> new Thread(() -> read(database, sql))).toList();
	}

	static Readers start(TestDatabase database, String sql, int count) {
		Readers readers = new Readers(database, sql, count);
		readers.clients.forEach(Thread::start);
		return readers;
	}

	private void read(TestDatabase database, String sql) {
		try (Connection connection = database.open(); PreparedStatement statement = connection.prepareStatement(sql)) {
			while (!this.ended) {
				long began = System.nanoTime();
				statement.executeQuery().close();
				note(new Wait(began, System.nanoTime()));
				LockSupport.parkNanos(PAUSE.toNanos());
			}
		}
		catch (SQLException ex) {
			this.failure = ex;
		}
	}

	private synchronized void note(Wait wait) {
		this.longest = Math.max(this.longest, wait.length());
		if (wait.length() > SERVED.toNanos()) {
			this.waits.add(wait);
		}
	}

	/**
	 * Return how long the worst read took.
	 */
	Duration worst() {
		return Duration.ofNanos(this.longest);
	}

	/**
	 * Return the share of a time in which the clients were not kept waiting.
	 */
	double served(long from, long to) {
		long waited = this.waits.stream()
			.mapToLong((wait) -> Math.max(0, Math.min(wait.to(), to) - Math.max(wait.from(), from)))
			.sum();
		return 1 - (double) waited / (to - from) / this.clients.size();
	}

	@Override
	public void close() throws SQLException, InterruptedException {
		this.ended = true;
		for (Thread client : this.clients) {
			client.join();
		}
		SQLException found = this.failure;
		if (found != null) {
			throw found;
		}
	}

	private record Wait(long from, long to) {

		long length() {
			return this.to - this.from;
		}

	}

}
