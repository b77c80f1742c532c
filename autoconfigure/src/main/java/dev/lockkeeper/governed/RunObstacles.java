// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.governed;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.IntPredicate;
import java.util.function.Supplier;

import dev.lockkeeper.connection.OwnConnections;
import dev.lockkeeper.engine.SchemaTables;
import dev.lockkeeper.lock.Lease;
import dev.lockkeeper.logging.LogContext;
import dev.lockkeeper.migration.RunControl;
import dev.lockkeeper.postgresql.Backend;
import dev.lockkeeper.postgresql.Backend.Survival;
import dev.lockkeeper.postgresql.BlockingSession;
import dev.lockkeeper.thread.DaemonThread;
import dev.lockkeeper.transaction.RunConnections;
import dev.lockkeeper.waiting.UnansweredTime;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Watches which sessions a run waits for. A session of Lockkeeper that has been forgotten
 * in a transaction, and holds no lease, is ended: its process is frozen, or its host is
 * gone. Any other session is reported, again and again, for an operator to end. Checks on
 * a thread and a connection of its own, and only while the thread of the run has waited
 * for an answer for some seconds; a check that fails never disturbs the run.
 */
final class RunObstacles implements AutoCloseable {

	private static final Log logger = LogFactory.getLog(RunObstacles.class);

	private static final Duration INTERVAL = Duration.ofSeconds(5);

	private static final Duration END_TIMEOUT = Duration.ofSeconds(5);

	private static final int PARTS = 10;

	private static final int CHECKS_PER_REPORT = 6;

	private final Duration interval;

	private final String schema;

	private final OwnConnections connections;

	private final Supplier<@Nullable Backend> backend;

	private final boolean ends;

	private final IntPredicate ofRun;

	private final RunControl control;

	private final Thread running = Thread.currentThread();

	private final CountDownLatch over = new CountDownLatch(1);

	/** How many checks have found each session that still blocks the run. */
	private final Map<Backend, Integer> found = new HashMap<>();

	private Set<Backend> before = Set.of();

	RunObstacles(Duration interval, String schema, OwnConnections connections, Supplier<@Nullable Backend> backend,
			boolean ends, IntPredicate ofRun, RunControl control) {
		this.interval = interval;
		this.schema = schema;
		this.connections = connections;
		this.backend = backend;
		this.ends = ends;
		this.ofRun = ofRun;
		this.control = control;
	}

	/**
	 * Begin to watch the calling thread, if the run works in sessions of its own. A
	 * session that may hold a lease of which nothing is recorded is not ended.
	 * @param schema the name of the schema
	 * @param connections open connections to the database
	 * @param lease the lease of the run
	 * @param run the connections of the run itself
	 * @param control knows what the run does
	 * @return ends the watch when it is closed; {@code null} when nothing is watched
	 */
	static @Nullable RunObstacles watch(String schema, OwnConnections connections, Lease lease, RunConnections run,
			RunControl control) {
		if (connections.isShared()) {
			return null;
		}
		return new RunObstacles(INTERVAL, schema, connections, run::getBackend, lease.isFenced(), run::isOwn, control)
			.start();
	}

	RunObstacles start() {
		DaemonThread.start("lockkeeper-obstacles", this::watchUntilOver);
		return this;
	}

	// Only a statement that stays unanswered may wait for a session. Between statements
	// the database is not queried, however slowly the process computes
	private void watchUntilOver() {
		Duration part = this.interval.dividedBy(PARTS);
		UnansweredTime unanswered = new UnansweredTime(this.running, part);
		int waiting = 0;
		try {
			while (!this.over.await(part.toMillis(), TimeUnit.MILLISECONDS)) {
				waiting = (unanswered.sample() > 0) ? waiting + 1 : 0;
				if (waiting == 0) {
					this.before = Set.of();
				}
				else if (waiting % PARTS == 0) {
					check();
				}
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private void check() {
		try (Connection connection = this.connections.openStateless()) {
			Backend waiting = this.backend.get();
			List<BlockingSession> blocking = (waiting != null) ? BlockingSession.of(connection, waiting) : List.of();
			Set<Backend> now = new HashSet<>();
			for (BlockingSession session : blocking) {
				now.add(session.backend());
				// A short wait needs no operator
				if (this.before.contains(session.backend()) && !this.ofRun.test(session.backend().pid())) {
					handle(connection, session);
				}
			}
			this.before = now;
			this.found.keySet().retainAll(now);
		}
		catch (SQLException | RuntimeException ex) {
			logger.debug("lockkeeper - not known for which session the run waits", ex);
		}
	}

	private void handle(Connection connection, BlockingSession session) throws SQLException {
		if (this.over.getCount() == 0) {
			return;
		}
		LogContext.put(LogContext.CHANGE_SET, this.control.getRunning());
		String missing = null;
		if (this.ends && session.isForgotten(connection, SchemaTables.LEASE_TABLE)) {
			Survival survival = session.backend().end(connection, END_TIMEOUT);
			if (survival == null) {
				logger.info(("lockkeeper - ended a session that held up the run (%s: %s); a process of Lockkeeper "
						+ "left it in a transaction, and it held no lock")
					.formatted(where(), session.describe()));
				return;
			}
			missing = survival.missing();
		}
		int checks = this.found.merge(session.backend(), 1, Integer::sum);
		if (checks % CHECKS_PER_REPORT == 1) {
			logger.warn("lockkeeper - the run waits for another session (%s: %s); %s".formatted(where(),
					session.describe(), advice(session, missing)));
		}
	}

	private String where() {
		Object running = this.control.getRunning();
		return (running != null) ? "schema %s, change set %s".formatted(this.schema, running) : "schema " + this.schema;
	}

	private static String advice(BlockingSession session, @Nullable String missing) {
		if (session.backend().pid() == 0) {
			return "commit it, or roll it back";
		}
		String end = "let it end its transaction, or end it: SELECT pg_terminate_backend(%d)"
			.formatted(session.backend().pid());
		return (missing != null) ? end + ". " + missing : end;
	}

	@Override
	public void close() {
		this.over.countDown();
	}

}
