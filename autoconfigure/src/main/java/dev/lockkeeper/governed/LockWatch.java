// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.governed;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntPredicate;
import java.util.function.Supplier;

import dev.lockkeeper.connection.OwnConnections;
import dev.lockkeeper.postgresql.Backend;
import dev.lockkeeper.postgresql.SessionActivity;
import dev.lockkeeper.schema.RunActivity.Blocker;
import dev.lockkeeper.thread.DaemonThread;
import dev.lockkeeper.transaction.LockWaits;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Watches for which sessions the statements of a run wait, and for how long. Reads the
 * catalog on a thread and a connection of its own, and only while a statement has taken
 * some time. What cannot be read never disturbs the run.
 */
final class LockWatch implements LockWaits, AutoCloseable {

	private static final Log logger = LogFactory.getLog(LockWatch.class);

	private static final Duration LONGEST_INTERVAL = Duration.ofMillis(500);

	private static final Duration RAREST_INTERVAL = Duration.ofSeconds(5);

	private static final Duration SHORTEST_INTERVAL = Duration.ofMillis(20);

	/**
	 * How often a statement is watched at least until it gives up.
	 */
	private static final int PARTS = 8;

	private final OwnConnections connections;

	private final Supplier<@Nullable Backend> backend;

	private final IntPredicate ofRun;

	private final Thread thread = DaemonThread.of("lockkeeper-lock-watch", this::watchUntilOver);

	/**
	 * How often it is checked whether a statement has begun.
	 */
	private final Duration interval;

	private volatile @Nullable Watched watched;

	private volatile boolean over;

	/** Used by the watching thread. */
	private @Nullable Connection connection;

	LockWatch(Duration timeout, OwnConnections connections, Supplier<@Nullable Backend> backend, IntPredicate ofRun) {
		this.interval = interval(timeout);
		this.connections = connections;
		this.backend = backend;
		this.ofRun = ofRun;
	}

	LockWatch start() {
		this.thread.start();
		return this;
	}

	@Override
	public void begin(Duration timeout) {
		Watched begun = new Watched(timeout);
		this.watched = begun;
		if (begun.interval.compareTo(this.interval) < 0) {
			LockSupport.unpark(this.thread);
		}
	}

	@Override
	public Waited end() {
		Watched ended = this.watched;
		this.watched = null;
		return (ended != null) ? ended.waited : Waited.NOTHING;
	}

	private void watchUntilOver() {
		try {
			while (!this.over) {
				Watched statement = this.watched;
				LockSupport.parkNanos(this, ((statement != null) ? statement.interval : this.interval).toNanos());
				if (statement != null && statement.equals(this.watched)
						&& statement.lasts().compareTo(statement.interval) >= 0) {
					observe(statement);
				}
			}
		}
		finally {
			disconnect();
		}
	}

	private static Duration interval(Duration timeout) {
		Duration part = timeout.dividedBy(PARTS);
		Duration longest = (timeout.isZero() || part.compareTo(LONGEST_INTERVAL) > 0) ? LONGEST_INTERVAL : part;
		return (longest.compareTo(SHORTEST_INTERVAL) < 0) ? SHORTEST_INTERVAL : longest;
	}

	private void observe(Watched statement) {
		Backend waiting = this.backend.get();
		if (waiting == null) {
			return;
		}
		try {
			Connection own = this.connection;
			if (own == null || own.isClosed()) {
				own = this.connections.openStateless();
				this.connection = own;
			}
			List<Blocker> blockers = SessionActivity.blockersOf(own, waiting)
				.stream()
				.filter((blocker) -> !this.ofRun.test(blocker.pid()))
				.toList();
			statement.observed(blockers);
		}
		catch (SQLException | RuntimeException ex) {
			logger.debug("lockkeeper - not known for which session the run waits", ex);
			disconnect();
		}
	}

	private void disconnect() {
		Connection own = this.connection;
		this.connection = null;
		if (own != null) {
			try {
				own.close();
			}
			catch (SQLException ex) {
				logger.trace("lockkeeper - a connection could not be closed", ex);
			}
		}
	}

	@Override
	public void close() {
		this.over = true;
		LockSupport.unpark(this.thread);
	}

	/**
	 * A statement that is being executed.
	 */
	private static final class Watched {

		private final long since = System.nanoTime();

		private final boolean unlimited;

		private volatile Duration interval;

		private volatile Waited waited = Waited.NOTHING;

		Watched(Duration timeout) {
			this.interval = interval(timeout);
			this.unlimited = timeout.isZero();
		}

		/**
		 * Note for which sessions it waits. The server finds that out at the expense of
		 * all that take locks, so it is asked more and more rarely about a statement that
		 * will not give up soon.
		 */
		private void observed(List<Blocker> blockers) {
			if (!blockers.isEmpty()) {
				this.waited = new Waited(lasts(), blockers);
			}
			if (blockers.isEmpty() || this.unlimited) {
				Duration longer = this.interval.multipliedBy(2);
				this.interval = (longer.compareTo(RAREST_INTERVAL) < 0) ? longer : RAREST_INTERVAL;
			}
		}

		private Duration lasts() {
			return Duration.ofNanos(System.nanoTime() - this.since);
		}

	}

}
