// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;

import javax.sql.DataSource;

import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JdbcDatabase;
import dev.lockkeeper.testsupport.SampledCases;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

import org.springframework.dao.DataAccessResourceFailureException;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What Lockkeeper relies on when a {@link MigrationLock} is a lease in a table, beyond
 * {@link LockContract the rest}. The lease expires by itself, or because the test lets it
 * expire in the database.
 */
public abstract class MigrationLockContract extends LockContract {

	protected static final Duration LEASE = Duration.ofSeconds(5);

	protected static final Duration TIMEOUT = Duration.ofMinutes(1);

	private static final Duration LONG_LEASE = Duration.ofSeconds(15);

	protected final JdbcDatabase jdbc;

	private final FaultyDataSource connections;

	protected MigrationLockContract(JdbcDatabase jdbc) {
		this.jdbc = jdbc;
		this.connections = new FaultyDataSource(jdbc.url());
	}

	@AfterEach
	void heal() {
		this.connections.heal();
	}

	/**
	 * Return the locks that are put to the test.
	 */
	protected abstract MigrationLocks locks(Duration lease, String process);

	/**
	 * Let the lease expire in the database.
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
	 * Return until when it is held in the database.
	 */
	protected abstract String until();

	/**
	 * Return whether it is held in the database.
	 */
	protected abstract boolean isHeld();

	/**
	 * Return the name of the table, as a statement has it.
	 */
	protected String table() {
		return "public.lockkeeper_lock";
	}

	protected final LockAddress address(DataSource dataSource) {
		return new LockAddress("public.lock", table(), dataSource);
	}

	protected final MigrationLock lock(String process) {
		return locks(LEASE, process).at(address(this.connections));
	}

	/**
	 * Acquire the lock, which is free. A database that does not answer within a third of
	 * the lease, as a slow one does while the table is created, is queried again, as by a
	 * run.
	 */
	protected final Lease acquire(String process) {
		return Awaitility.await()
			.atMost(TIMEOUT)
			.ignoreException(DataAccessResourceFailureException.class)
			.until(lock(process)::tryAcquire, (lease) -> true)
			.orElseThrow();
	}

	protected final MigrationLock longLock(String process) {
		return locks(LONG_LEASE, process).at(address(this.connections));
	}

	@Override
	protected MigrationLock lockOf(String process) {
		return lock(process);
	}

	@Override
	protected void loseLock() {
		expire();
	}

	@Override
	protected Connection open() throws SQLException {
		return this.jdbc.open();
	}

	@Test
	void aReleaseLeavesNoSession() {
		try (Lease first = acquire("first")) {
			assertThat(first.getHolder()).startsWith("first/");
		}
		awaitNoSessions();
	}

	@RepeatedTest(20)
	@SampledCases(3)
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
	@FullTier
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
			AtomicReference<@Nullable Boolean> notified = onLost(first);
			expire();
			try (Lease second = longLock("second").tryAcquire().orElseThrow()) {
				Awaitility.await().atMost(TIMEOUT).until(() -> notified.get() != null);
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
				Awaitility.await().atMost(TIMEOUT).until(before::isLost);
				before.close();
				assertThat(isHeld()).isTrue();
				assertThat(after.isLost()).isFalse();
			}
		}
	}

	@Test
	@FullTier
	void aRenewalThatThrowsIsTriedAgain() {
		try (Lease lease = longLock("first").tryAcquire().orElseThrow()) {
			this.connections.fail();
			Awaitility.await().atMost(TIMEOUT).until(() -> this.connections.failures() >= 2);
			this.connections.heal();
			awaitRenewal();
			assertThat(lease.isLost()).isFalse();
		}
	}

	@Test
	@FullTier
	void renewalsThatThrowToTheEndLoseItWhileNoOtherHolderCanHaveIt() {
		try (Lease lease = longLock("first").tryAcquire().orElseThrow()) {
			AtomicReference<@Nullable Boolean> notified = onLost(lease);
			this.connections.fail();
			Awaitility.await().atMost(TIMEOUT).until(() -> notified.get() != null);
			assertThat(notified.get()).as("still held in the database").isTrue();
			assertThat(lease.isLost()).isTrue();
			assertThat(this.connections.failures()).isGreaterThan(1);
		}
	}

	@Test
	@FullTier
	void aRenewalThatHangsLosesItWhileNoOtherHolderCanHaveIt() {
		try (Lease lease = longLock("first").tryAcquire().orElseThrow()) {
			AtomicReference<@Nullable Boolean> notified = onLost(lease);
			this.connections.hang();
			Awaitility.await().atMost(TIMEOUT).until(() -> notified.get() != null);
			assertThat(notified.get()).as("still held in the database").isTrue();
			assertThat(lease.isLost()).isTrue();
		}
	}

	@Test
	@FullTier
	void aRefusedRenewalLosesItAtOnce() {
		try (Lease lease = longLock("first").tryAcquire().orElseThrow()) {
			AtomicReference<@Nullable Boolean> notified = onLost(lease);
			giveToAnother();
			Awaitility.await().atMost(TIMEOUT).until(() -> notified.get() != null);
			assertThat(lease.isLost()).isTrue();
		}
		assertThat(isHeld()).as("the other one's").isTrue();
	}

	@Test
	@FullTier
	void aRowDeletedByHandLosesIt() {
		try (Lease lease = longLock("first").tryAcquire().orElseThrow()) {
			AtomicReference<@Nullable Boolean> notified = onLost(lease);
			delete();
			Awaitility.await().atMost(TIMEOUT).until(() -> notified.get() != null);
			assertThat(lease.isLost()).isTrue();
			acquire("second").close();
		}
	}

	@Test
	@FullTier
	void survivesALostConnection() {
		try (Lease lease = longLock("first").tryAcquire().orElseThrow()) {
			loseConnections();
			awaitRenewal();
			assertThat(lease.isLost()).isFalse();
		}
	}

	@Test
	void isPutBackAfterItsTableWasDropped() {
		try (Lease lease = acquire("first")) {
			this.jdbc.execute("DROP TABLE " + table());
			((DroppableLease) lease).dropEnds();
			assertThat(lock("second").tryAcquire()).isEmpty();
			awaitRenewal();
			assertThat(lease.isLost()).isFalse();
		}
		acquire("second").close();
	}

	/**
	 * Let the connections of the locks be lost.
	 */
	protected void loseConnections() {
		this.connections.lose();
	}

	@Test
	void aListenerThatRegistersAfterTheLossIsNotifiedAtOnce() {
		try (Lease lease = acquire("first")) {
			giveToAnother();
			Awaitility.await().atMost(TIMEOUT).until(lease::isLost);
			assertThat(onLost(lease).get()).isNotNull();
		}
	}

	/**
	 * Note whether the lease was still held in the database at the notification of its
	 * loss.
	 */
	protected final AtomicReference<@Nullable Boolean> onLost(Lease lease) {
		AtomicReference<@Nullable Boolean> notified = new AtomicReference<>();
		lease.onLost((why) -> notified.set(isHeld()));
		return notified;
	}

	protected final void awaitRenewal() {
		String until = until();
		Awaitility.await().atMost(TIMEOUT).until(() -> !until().equals(until));
	}

	/**
	 * Wait until no connection of the locks is open.
	 */
	protected void awaitNoSessions() {
		Awaitility.await().atMost(TIMEOUT).until(() -> this.connections.open() == 0);
	}

}
