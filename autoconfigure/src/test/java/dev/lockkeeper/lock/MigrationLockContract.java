// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;

import javax.sql.DataSource;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.datasource.DriverManagerDataSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * What whoever uses a {@link MigrationLock} relies on, whatever keeps it. The lease
 * expires by itself, or because the test says so in the database.
 */
public abstract class MigrationLockContract {

	protected static final Duration LEASE = Duration.ofSeconds(5);

	private static final Duration LONG_LEASE = Duration.ofSeconds(15);

	private static final Duration PATIENCE = Duration.ofMinutes(1);

	protected final TestDatabase database = TestPostgres.shared().createDatabase();

	private final FaultyDataSource connections = new FaultyDataSource(this.database.getUrl());

	@AfterEach
	void heal() {
		this.connections.heal();
	}

	/**
	 * Return the locks that are put to the test.
	 */
	protected abstract MigrationLocks locks(Duration lease, String process);

	/**
	 * Let the lease expire in the eyes of the database.
	 */
	protected abstract void expire();

	/**
	 * Let another process have it.
	 */
	protected abstract void giveToAnother();

	/**
	 * Delete the row.
	 */
	protected abstract void delete();

	/**
	 * Return until when the database takes it for held.
	 */
	protected abstract String until();

	/**
	 * Return whether the database takes it for held.
	 */
	protected abstract boolean isHeld();

	protected final LockAddress address(DataSource dataSource) {
		return new LockAddress("public.lock", "public.lockkeeper_lock", "public.readable", dataSource, false);
	}

	protected final MigrationLock lock(String process) {
		return locks(LEASE, process).at(address(this.connections));
	}

	protected final Lease acquire(String process) {
		return lock(process).tryAcquire().orElseThrow();
	}

	private MigrationLock longLock(String process) {
		return locks(LONG_LEASE, process).at(address(this.connections));
	}

	@Test
	void oneHolderAtATime() {
		try (Lease first = acquire("first")) {
			assertThat(lock("second").tryAcquire()).isEmpty();
			assertThat(first.isLost()).isFalse();
		}
		try (Lease second = acquire("second")) {
			assertThat(second.getHolder()).startsWith("second/");
		}
		awaitNoSessions();
	}

	@RepeatedTest(20)
	void manyThatBeginOnAnEmptyDatabaseGetOneHolder() throws Exception {
		assertThat(race(16)).hasSize(1).allSatisfy(Lease::close);
	}

	@Test
	void manyThatRaceForAnExpiredOneGetOneHolder() throws Exception {
		Lease dead = acquire("dead");
		expire();
		List<Lease> winners = race(8);
		assertThat(winners).hasSize(1);
		assertThat(winners.get(0).isLost()).isFalse();
		winners.get(0).close();
		dead.close();
	}

	private List<Lease> race(int runners) throws Exception {
		ExecutorService threads = Executors.newFixedThreadPool(runners);
		try {
			List<Callable<Optional<Lease>>> attempts = new ArrayList<>();
			for (int i = 0; i < runners; i++) {
				attempts.add(longLock("thread " + i)::tryAcquire);
			}
			List<Lease> held = new ArrayList<>();
			for (Future<Optional<Lease>> attempt : threads.invokeAll(attempts)) {
				attempt.get().ifPresent(held::add);
			}
			return held;
		}
		finally {
			threads.shutdownNow();
		}
	}

	@Test
	void isRenewedLongerThanItLasts() {
		try (Lease lease = acquire("first")) {
			for (int i = 0; i < 4; i++) {
				awaitRenewal();
			}
			assertThat(lease.isLost()).isFalse();
			assertThat(lock("second").tryAcquire()).isEmpty();
		}
	}

	@Test
	void anExpiredOneIsTakenByAnotherAndLostByItsHolder() {
		try (Lease first = acquire("first")) {
			AtomicReference<@Nullable Boolean> told = onLost(first);
			expire();
			try (Lease second = longLock("second").tryAcquire().orElseThrow()) {
				Awaitility.await().atMost(PATIENCE).until(() -> told.get() != null);
				assertThat(first.isLost()).isTrue();
				first.close();
				assertThat(lock("third").tryAcquire()).as("released by a stranger").isEmpty();
				assertThat(second.isLost()).isFalse();
			}
		}
	}

	@Test
	void equalNamesOfHostsAreDifferentHolders() {
		try (Lease before = acquire("pod-0")) {
			expire();
			try (Lease after = longLock("pod-0").tryAcquire().orElseThrow()) {
				assertThat(after.getHolder()).isNotEqualTo(before.getHolder());
				Awaitility.await().atMost(PATIENCE).until(before::isLost);
				before.close();
				assertThat(isHeld()).isTrue();
				assertThat(after.isLost()).isFalse();
			}
		}
	}

	@Test
	void aRenewalThatThrowsIsTriedAgain() {
		try (Lease lease = longLock("first").tryAcquire().orElseThrow()) {
			this.connections.fail();
			Awaitility.await().atMost(PATIENCE).until(() -> this.connections.failures() >= 2);
			this.connections.heal();
			awaitRenewal();
			assertThat(lease.isLost()).isFalse();
		}
	}

	@Test
	void renewalsThatThrowToTheEndLoseItWhileNobodyElseCanHaveIt() {
		try (Lease lease = longLock("first").tryAcquire().orElseThrow()) {
			AtomicReference<@Nullable Boolean> told = onLost(lease);
			this.connections.fail();
			Awaitility.await().atMost(PATIENCE).until(() -> told.get() != null);
			assertThat(told.get()).as("still held in the eyes of the database").isTrue();
			assertThat(lease.isLost()).isTrue();
			assertThat(this.connections.failures()).isGreaterThan(1);
		}
	}

	@Test
	void aRenewalThatHangsLosesItWhileNobodyElseCanHaveIt() {
		try (Lease lease = longLock("first").tryAcquire().orElseThrow()) {
			AtomicReference<@Nullable Boolean> told = onLost(lease);
			this.connections.hang();
			Awaitility.await().atMost(PATIENCE).until(() -> told.get() != null);
			assertThat(told.get()).as("still held in the eyes of the database").isTrue();
			assertThat(lease.isLost()).isTrue();
		}
	}

	@Test
	void aRefusedRenewalLosesItAtOnce() {
		try (Lease lease = longLock("first").tryAcquire().orElseThrow()) {
			AtomicReference<@Nullable Boolean> told = onLost(lease);
			giveToAnother();
			Awaitility.await().atMost(PATIENCE).until(() -> told.get() != null);
			assertThat(lease.isLost()).isTrue();
		}
		assertThat(isHeld()).as("the other one's").isTrue();
	}

	@Test
	void aRowDeletedByHandLosesIt() throws SQLException {
		try (Lease lease = longLock("first").tryAcquire().orElseThrow(); Connection working = this.database.open()) {
			delete();
			working.setAutoCommit(false);
			assertThat(lease.prove(working)).isFalse();
			assertThat(lease.isLost()).isTrue();
			acquire("second").close();
		}
	}

	@Test
	void whoeverAsksAfterwardsIsToldAtOnce() {
		try (Lease lease = acquire("first")) {
			giveToAnother();
			Awaitility.await().atMost(PATIENCE).until(lease::isLost);
			assertThat(onLost(lease).get()).isNotNull();
		}
	}

	@Test
	void survivesALostConnection() {
		try (Lease lease = longLock("first").tryAcquire().orElseThrow()) {
			this.database.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
					+ "WHERE datname = current_database() AND pid <> pg_backend_pid()");
			awaitRenewal();
			assertThat(lease.isLost()).isFalse();
		}
	}

	@Test
	void aProofKeepsOthersAwayUntilTheTransactionEnds() throws SQLException {
		try (Lease lease = acquire("first"); Connection working = this.database.open()) {
			working.setAutoCommit(false);
			assertThat(lease.prove(working)).isTrue();
			// The open proof is in the way of the renewals, too
			Awaitility.await().atMost(PATIENCE).until(() -> !isHeld());
			assertThat(lock("second").tryAcquire()).isEmpty();
			working.rollback();
			acquire("second").close();
		}
	}

	@Test
	void theBackendOfADeadHolderIsEndedFirst() throws Exception {
		Lease dead = acquire("dead");
		try (Connection orphan = this.database.open()) {
			dead.recordSession(orphan);
			String pid = pidOf(orphan);
			CompletableFuture<@Nullable Void> sleeping = CompletableFuture
				.runAsync(() -> execute(orphan, "SELECT pg_sleep(300)"));
			expire();
			try (Lease next = longLock("next").tryAcquire().orElseThrow()) {
				assertThat(this.database.query("SELECT pid FROM pg_stat_activity WHERE pid = " + pid)).isEmpty();
				assertThatThrownBy(sleeping::join).hasRootCauseInstanceOf(SQLException.class);
				assertThat(next.isLost()).isFalse();
				assertThat(next.getPredecessor()).isEqualTo(dead.getHolder());
			}
		}
		dead.close();
	}

	@Test
	void whatWasReleasedIsNotTakenOver() throws Exception {
		try (Lease first = acquire("first"); Connection working = this.database.open()) {
			assertThat(first.getPredecessor()).isNull();
			first.recordSession(working);
		}
		try (Lease next = acquire("next")) {
			assertThat(next.getPredecessor()).isNull();
		}
	}

	@Test
	void whoIsFrozenBetweenItsProofAndItsCommitCommitsNothing() throws Exception {
		Lease frozen = acquire("frozen");
		try (Connection working = this.database.open()) {
			frozen.recordSession(working);
			working.setAutoCommit(false);
			execute(working, "CREATE TABLE late (id int)");
			assertThat(frozen.prove(working)).isTrue();
			Awaitility.await().atMost(PATIENCE).until(() -> !isHeld());
			try (Lease next = acquire("next")) {
				assertThat(next.isLost()).isFalse();
				assertThatThrownBy(working::commit).isInstanceOf(SQLException.class);
			}
		}
		assertThat(this.database.query("SELECT tablename FROM pg_tables WHERE tablename = 'late'")).isEmpty();
		frozen.close();
	}

	@Test
	void aBackendThatMayNotBeEndedIsInTheWayUntilItIsGone() throws Exception {
		String role = this.database.getServer().createRole("secret");
		Lease dead = acquire("dead");
		this.database.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO " + role);
		DriverManagerDataSource weak = new DriverManagerDataSource(this.database.getPlainUrl(), role, "secret");
		MigrationLock next = locks(LEASE, "next").at(address(weak));
		try (Connection orphan = this.database.open()) {
			dead.recordSession(orphan);
			expire();
			assertThatExceptionOfType(LockObstructedException.class).isThrownBy(next::tryAcquire)
				.satisfies((ex) -> assertThat(ex.getStatus()).isEqualTo(ExitStatus.PERMISSION))
				.satisfies((ex) -> assertThat(ex.getAction()).contains("pg_terminate_backend"));
			assertThat(pidOf(orphan)).isNotEmpty();
		}
		Awaitility.await().atMost(PATIENCE).ignoreExceptions().until(() -> {
			Optional<Lease> lease = next.tryAcquire();
			lease.ifPresent(Lease::close);
			return lease.isPresent();
		});
		dead.close();
	}

	@Test
	void aSessionThatHasTheNumberOfADeadOneIsLeftAlone() throws Exception {
		acquire("dead").close();
		try (Connection innocent = this.database.open()) {
			String pid = pidOf(innocent);
			this.database.execute("UPDATE lockkeeper_lock SET backend_pid = %s, ".formatted(pid)
					+ "backend_start = now() - interval '1 d'");
			acquire("next").close();
			assertThat(pidOf(innocent)).isEqualTo(pid);
		}
	}

	@Test
	void aReleaseForgetsTheBackendAndEndsIt() throws Exception {
		try (Connection working = this.database.open()) {
			try (Lease lease = acquire("first")) {
				lease.recordSession(working);
				assertThat(this.database.query("SELECT backend_pid FROM lockkeeper_lock"))
					.containsExactly(pidOf(working));
			}
			assertThat(this.database.query("SELECT backend_pid FROM lockkeeper_lock")).containsExactly("null");
			assertThatThrownBy(() -> pidOf(working)).isInstanceOf(SQLException.class);
		}
		assertThat(isHeld()).isFalse();
	}

	@Test
	void aReleaseForgetsTheBackendOfAClosedSessionAndLeavesItAlone() throws Exception {
		try (Connection pooled = this.database.open()) {
			String pid = pidOf(pooled);
			try (Lease lease = acquire("first")) {
				lease.recordSession(pooled);
				lease.sessionClosed();
				assertThat(this.database.query("SELECT backend_pid FROM lockkeeper_lock")).containsExactly(pid);
			}
			assertThat(this.database.query("SELECT backend_pid FROM lockkeeper_lock")).containsExactly("null");
			assertThat(pidOf(pooled)).isEqualTo(pid);
		}
		assertThat(isHeld()).isFalse();
	}

	@Test
	void aReleaseEndsTheBackendOfASessionThatWasRecordedAfterAClosedOne() throws Exception {
		try (Connection closed = this.database.open(); Connection working = this.database.open()) {
			try (Lease lease = acquire("first")) {
				lease.recordSession(closed);
				lease.sessionClosed();
				lease.recordSession(working);
			}
			assertThatThrownBy(() -> pidOf(working)).isInstanceOf(SQLException.class);
		}
	}

	/**
	 * Note whether the lease was still held in the eyes of the database when its loss was
	 * told.
	 */
	private AtomicReference<@Nullable Boolean> onLost(Lease lease) {
		AtomicReference<@Nullable Boolean> told = new AtomicReference<>();
		lease.onLost(() -> told.set(isHeld()));
		return told;
	}

	protected final void awaitRenewal() {
		String until = until();
		Awaitility.await().atMost(PATIENCE).until(() -> !until().equals(until));
	}

	private void awaitNoSessions() {
		this.database.awaitNoSessions();
	}

	private static String pidOf(Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement();
				var rows = statement.executeQuery("SELECT pg_backend_pid()")) {
			rows.next();
			return rows.getString(1);
		}
	}

	private static void execute(Connection connection, String sql) {
		try (Statement statement = connection.createStatement()) {
			statement.execute(sql);
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
