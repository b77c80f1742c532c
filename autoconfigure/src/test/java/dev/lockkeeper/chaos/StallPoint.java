// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.chaos;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import dev.lockkeeper.chaos.Engine.Outcome;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.Onlooker;
import dev.lockkeeper.testsupport.PostgresRelay;
import dev.lockkeeper.testsupport.TestDatabase;
import org.awaitility.Awaitility;

/**
 * A run that is lost while one of its statements waits.
 */
final class StallPoint implements AutoCloseable {

	private static final Duration TIMEOUT = Duration.ofMinutes(10);

	private static final String BUILT = "SELECT to_regclass('ship_name')::oid";

	private final Stall stall;

	private final Loss loss;

	private final TestDatabase database;

	private final PostgresRelay relay;

	private final List<Connection> blockers = new ArrayList<>();

	StallPoint(Stall stall, Loss loss, TestDatabase database) {
		this.stall = stall;
		this.loss = loss;
		this.database = database;
		this.relay = PostgresRelay.to(database);
		block(stall.getBlockers().get(0));
	}

	String getUrl() {
		return this.relay.getUrl();
	}

	/**
	 * Lose the run where it waits, run again, and compare.
	 * @param worker executes the run that is lost
	 * @param number its number there
	 * @param expected what the database must be in the end
	 * @return what is wrong, nothing as a rule
	 */
	List<String> lose(JavaProcess worker, int number, DatabaseImage expected) {
		List<String> findings = new ArrayList<>();
		try (Onlooker onlooker = new Onlooker(this.database)) {
			String backend = awaitStall(onlooker);
			switch (this.loss) {
				case SEVERED -> this.relay.sever();
				case ORPHANED, FINISHED_ALONE -> this.relay.drop();
				case FROZEN -> signal(worker, "STOP");
			}
			List<String> alone = List.of();
			if (this.loss == Loss.FINISHED_ALONE) {
				release();
				awaitGone(onlooker, "pid = %s AND state = 'active'".formatted(backend));
				alone = onlooker.query(BUILT);
			}
			onlooker.execute("UPDATE lockkeeper_lock SET lock_until = timezone('utc', now()) - interval '1 s'");
			CompletableFuture<Outcome> rerun = CompletableFuture.supplyAsync(
					() -> Engine.LOCKKEEPER.run(this.database.getUrl(), Scenario.NON_TRANSACTIONAL.getRelease()));
			awaitGone(onlooker, "pid = " + backend);
			release();
			Outcome outcome = rerun.join();
			if (outcome.code() != 0) {
				findings.add("the rerun ended with %d: %s".formatted(outcome.code(), outcome.message()));
			}
			if (!alone.isEmpty() && !onlooker.query(BUILT).equals(alone)) {
				findings.add("the index was built again");
			}
			if (this.loss == Loss.FROZEN) {
				signal(worker, "CONT");
			}
			this.relay.sever();
			String ended = worker.awaitLine("run %d ended".formatted(number), TIMEOUT).text();
			if (!ended.equals(StalledWorker.ENDED.formatted(number, ExitStatus.TEMPORARY.getCode()))) {
				findings.add("the run that was lost: " + ended);
			}
			findings.addAll(onlooker.awaitNoSessions());
			findings.addAll(DatabaseImage.of(onlooker).differencesTo(expected));
			findings.addAll(onlooker.query("SELECT id FROM lockkeeper_intent"));
		}
		return findings.stream().map((finding) -> this + ": " + finding).toList();
	}

	private String awaitStall(Onlooker onlooker) {
		List<String> others = this.stall.getBlockers().subList(1, this.stall.getBlockers().size());
		for (String other : others) {
			Awaitility.await()
				.atMost(TIMEOUT)
				.pollInterval(Duration.ofMillis(20))
				.until(() -> !onlooker.query(Stall.BUILD_BEFORE_SCAN.getReached()).isEmpty());
			block(other);
			release(this.blockers.get(this.blockers.size() - 2));
		}
		Awaitility.await(this + " is reached")
			.atMost(TIMEOUT)
			.pollInterval(Duration.ofMillis(20))
			.until(() -> !onlooker.query(this.stall.getReached()).isEmpty());
		return onlooker.query(this.stall.getReached()).get(0);
	}

	private void awaitGone(Onlooker onlooker, String which) {
		Awaitility.await(this + ": backend gone, " + which)
			.atMost(TIMEOUT)
			.pollInterval(Duration.ofMillis(20))
			.until(() -> onlooker.query("SELECT pid FROM pg_stat_activity WHERE " + which).isEmpty());
	}

	private void block(String sql) {
		try {
			Connection connection = this.database.open();
			this.blockers.add(connection);
			connection.setAutoCommit(false);
			if (sql.startsWith("SELECT")) {
				connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
			}
			try (Statement statement = connection.createStatement()) {
				statement.execute(sql);
			}
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private void release() {
		this.blockers.forEach(StallPoint::release);
	}

	private static void release(Connection blocker) {
		try {
			blocker.close();
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static void signal(JavaProcess worker, String signal) {
		try {
			int code = new ProcessBuilder("kill", "-" + signal, String.valueOf(worker.getPid())).start().waitFor();
			if (code != 0) {
				throw new IllegalStateException("kill ended with " + code);
			}
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	@Override
	public void close() {
		this.relay.close();
		release();
		this.database.drop();
	}

	@Override
	public String toString() {
		return "%s %s".formatted(this.stall, this.loss);
	}

	/**
	 * How a run is lost.
	 */
	enum Loss {

		/** Its connections end. */
		SEVERED,

		/** Its client is unreachable; its backend goes on waiting. */
		ORPHANED,

		/** Its client is unreachable; its backend comes to the end of its statement. */
		FINISHED_ALONE,

		/** Its process is frozen, and wakes up when another one has done the work. */
		FROZEN

	}

}
