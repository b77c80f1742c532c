// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock.lease;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

import dev.lockkeeper.lock.Lease;
import dev.lockkeeper.lock.LockAddress;
import net.javacrumbs.shedlock.core.ClockProvider;
import net.javacrumbs.shedlock.core.DefaultLockingTaskExecutor;
import net.javacrumbs.shedlock.core.LockConfiguration;
import net.javacrumbs.shedlock.core.LockProvider;
import net.javacrumbs.shedlock.core.LockingTaskExecutor;
import net.javacrumbs.shedlock.core.SimpleLock;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * ShedLock's contract tests, put to our lock through ShedLock's own {@link LockProvider}
 * and its {@link DefaultLockingTaskExecutor}. ShedLock publishes its suites
 * ({@code AbstractLockProviderIntegrationTest}, its extensible and its storage-based
 * extension, {@code AbstractJdbcLockProviderIntegrationTest}, {@code FuzzTester}) in no
 * artifact, so each case of version 7.9.0 is written anew here, under the name that it
 * has there.
 * <p>
 * What our lock cannot mean, because a lease is renewed until it is released:
 * <ul>
 * <li>{@code lockAtMostFor} is the time after which another may have the lock of a holder
 * that renews it no more. {@code shouldTimeout} tests such a holder; a living one keeps
 * its lock.</li>
 * <li>There is no {@code lockAtLeastFor}: a release counts at once.
 * {@code shouldLockAtLeastFor} and {@code shouldBeAbleToExtendAtLeast} have no
 * counterpart.</li>
 * <li>Only its own holder extends a lease. {@code shouldBeAbleToExtendLock} and
 * {@code shouldBeAbleToExtendMultipleTimes} test its renewals;
 * {@code lockCanNotBeExtendedTwice} and {@code lockCanNotBeUnlockedAfterExtending} have
 * no counterpart, since there is one handle from the beginning to the end.</li>
 * <li>{@code shouldNotBeAbleToExtendUnlockedLock} fails with an exception there; here a
 * release ends the renewals, and a second one does nothing.</li>
 * <li>{@code shouldFailIfKeyNameTooLong} does not apply to MariaDB, as in the original:
 * its {@code INSERT IGNORE} shortens the name.</li>
 * </ul>
 */
abstract class ShedLockContract {

	private static final Duration LEASE = Duration.ofSeconds(5);

	private static final Duration TIMEOUT = Duration.ofMinutes(1);

	private static final int THREADS = 8;

	private static final int ITERATIONS = 10;

	private final String name = UUID.randomUUID().toString();

	private final List<Lease> leases = new CopyOnWriteArrayList<>();

	private final LeaseDatabase database;

	ShedLockContract(LeaseDatabase database) {
		this.database = database;
	}

	// The threads of a lease that was lost live until it is closed
	@AfterEach
	void closeLeases() {
		this.leases.forEach(Lease::close);
	}

	@Test
	void shouldCreateLock() {
		assertSimpleLock();
	}

	@Test
	void shouldNotReturnSecondLock() {
		LockProvider provider = provider();
		SimpleLock lock = provider.lock(configuration(this.name)).orElseThrow();
		assertThat(provider.lock(configuration(this.name))).isEmpty();
		lock.unlock();
	}

	@Test
	void shouldCreateTwoIndependentLocks() {
		SimpleLock first = provider().lock(configuration(this.name)).orElseThrow();
		SimpleLock second = provider().lock(configuration("second")).orElseThrow();
		first.unlock();
		assertThat(this.database.isHeld("second")).isTrue();
		second.unlock();
	}

	@Test
	void shouldLockTwiceInARow() {
		LockProvider provider = provider();
		provider.lock(configuration(this.name)).orElseThrow().unlock();
		provider.lock(configuration(this.name)).orElseThrow().unlock();
	}

	@Test
	void shouldTimeout() {
		TestLock dead = (TestLock) provider().lock(configuration(this.name)).orElseThrow();
		dead.die();
		Awaitility.await().atMost(TIMEOUT).until(() -> !this.database.isHeld(this.name));
		assertSimpleLock();
	}

	@Test
	void shouldBeAbleToLockRightAfterUnlock() {
		for (int i = 0; i < 10; i++) {
			SimpleLock lock = provider().lock(configuration(this.name)).orElseThrow();
			assertThat(provider().lock(configuration(this.name))).isEmpty();
			lock.unlock();
		}
	}

	@Test
	void fuzzTestShouldPass() throws Exception {
		fuzz(Callable::call);
	}

	@Test
	void fuzzTestShouldWorkWithTransaction() throws Exception {
		this.database.jdbc().execute("CREATE TABLE transacted (id int)");
		fuzz((task) -> {
			try (Connection connection = this.database.jdbc().open()) {
				connection.setAutoCommit(false);
				connection.createStatement().execute("INSERT INTO transacted VALUES (1)");
				task.call();
				connection.commit();
				return null;
			}
		});
		assertThat(this.database.jdbc().query("SELECT count(*) FROM transacted"))
			.containsExactly(String.valueOf(THREADS));
	}

	@Test
	void shouldBeAbleToExtendLock() {
		SimpleLock lock = provider().lock(configuration(this.name)).orElseThrow();
		String until = until();
		Awaitility.await().atMost(TIMEOUT).until(() -> !until().equals(until));
		assertThat(this.database.isHeld(this.name)).isTrue();
		lock.unlock();
		assertThat(this.database.isHeld(this.name)).isFalse();
	}

	@Test
	void shouldBeAbleToExtendMultipleTimes() {
		SimpleLock lock = provider().lock(configuration(this.name)).orElseThrow();
		for (int i = 0; i < 4; i++) {
			String until = until();
			Awaitility.await().atMost(TIMEOUT).until(() -> !until().equals(until));
		}
		assertThat(this.database.isHeld(this.name)).isTrue();
		lock.unlock();
		assertThat(this.database.isHeld(this.name)).isFalse();
	}

	@Test
	void shouldNotBeAbleToExtendUnlockedLock() {
		SimpleLock lock = provider().lock(configuration(this.name)).orElseThrow();
		lock.unlock();
		SimpleLock next = provider().lock(configuration(this.name)).orElseThrow();
		lock.unlock();
		assertThat(this.database.isHeld(this.name)).as("still the next holder's").isTrue();
		next.unlock();
	}

	@Test
	void shouldNotBeAbleToExtendExpiredLock() {
		TestLock lock = (TestLock) provider().lock(configuration(this.name)).orElseThrow();
		this.database.expire();
		Awaitility.await().atMost(TIMEOUT).until(lock.lease()::isLost);
		assertThat(this.database.isHeld(this.name)).isFalse();
	}

	@Test
	void lockShouldSurviveCacheClearingInTheMiddle() {
		SimpleLock lock = provider().lock(configuration(this.name)).orElseThrow();
		assertThat(provider().lock(configuration(this.name))).as("a provider that knows nothing yet").isEmpty();
		lock.unlock();
	}

	@Test
	void unlockedLockShouldSurviveCacheClearingInTheMiddle() {
		provider().lock(configuration(this.name)).orElseThrow().unlock();
		provider().lock(configuration(this.name)).orElseThrow().unlock();
	}

	@Test
	void shouldCreateLockIfRecordAlreadyExists() {
		provider().lock(configuration("table")).orElseThrow().unlock();
		this.database.jdbc()
			.execute(
					"INSERT INTO %s (name, lock_until, locked_at, locked_by) VALUES ('%s', %3$s - %4$s, %3$s - %4$s, 'me')"
						.formatted(this.database.table(), this.name, this.database.now(), this.database.second()));
		assertThat(this.database.isHeld(this.name)).isFalse();
		assertSimpleLock();
	}

	/**
	 * For databases that refuse a name that does not fit its column.
	 */
	protected final void assertNameTooLongFails() {
		assertThatThrownBy(() -> provider().lock(configuration("n".repeat(256)))).isInstanceOf(RuntimeException.class);
	}

	private void assertSimpleLock() {
		SimpleLock lock = provider().lock(configuration(this.name)).orElseThrow();
		assertThat(this.database.isHeld(this.name)).isTrue();
		lock.unlock();
		assertThat(this.database.isHeld(this.name)).isFalse();
	}

	private String until() {
		return this.database.jdbc()
			.query("SELECT lock_until FROM %s WHERE name = '%s'".formatted(this.database.table(), this.name))
			.get(0);
	}

	// A counter that is no atomic one loses what two add at the same time
	private void fuzz(Surroundings surroundings) throws Exception {
		LockingTaskExecutor executor = new DefaultLockingTaskExecutor(provider());
		int[] counters = new int[2];
		ExecutorService threads = Executors.newFixedThreadPool(THREADS);
		try {
			List<Callable<Void>> tasks = new ArrayList<>();
			for (int thread = 0; thread < THREADS; thread++) {
				int job = thread % 2;
				tasks.add(() -> surroundings.run(() -> {
					count(executor, counters, job);
					return null;
				}));
			}
			for (Future<Void> task : threads.invokeAll(tasks)) {
				task.get();
			}
		}
		finally {
			threads.shutdownNow();
		}
		assertThat(counters).containsExactly(THREADS / 2 * ITERATIONS, THREADS / 2 * ITERATIONS);
	}

	private void count(LockingTaskExecutor executor, int[] counters, int job) {
		AtomicInteger done = new AtomicInteger();
		while (done.get() < ITERATIONS) {
			executor.executeWithLock((Runnable) () -> {
				int before = counters[job];
				assertThat(this.database.isHeld("job" + job)).isTrue();
				counters[job] = before + 1;
				done.incrementAndGet();
			}, configuration("job" + job));
		}
	}

	private LockProvider provider() {
		DriverManagerDataSource connections = new DriverManagerDataSource(this.database.jdbc().url());
		return (configuration) -> {
			KillableDataSource own = new KillableDataSource(connections);
			Optional<Lease> lease = new LeaseLocks(configuration.getLockAtMostFor(), "test")
				.at(new LockAddress(configuration.getName(), this.database.table(), own))
				.tryAcquire();
			lease.ifPresent(this.leases::add);
			return lease.map((held) -> new TestLock(held, own));
		};
	}

	private static LockConfiguration configuration(String name) {
		return new LockConfiguration(ClockProvider.now(), name, LEASE, Duration.ZERO);
	}

	/**
	 * What a task runs in.
	 */
	@FunctionalInterface
	private interface Surroundings {

		Void run(Callable<Void> task) throws Exception;

	}

	/**
	 * Our lease as ShedLock's lock.
	 */
	private record TestLock(Lease lease, KillableDataSource connections) implements SimpleLock {

		@Override
		public void unlock() {
			this.lease.close();
		}

		void die() {
			this.connections.kill();
		}

	}

	/**
	 * Connections that end when their process dies.
	 */
	private static final class KillableDataSource extends DelegatingDataSource {

		private final List<Connection> opened = new CopyOnWriteArrayList<>();

		private volatile boolean dead;

		KillableDataSource(DriverManagerDataSource connections) {
			super(connections);
		}

		@Override
		public Connection getConnection() throws SQLException {
			if (this.dead) {
				throw new SQLException("The test wants this to be dead", "08006");
			}
			Connection connection = super.getConnection();
			this.opened.add(connection);
			return connection;
		}

		void kill() {
			this.dead = true;
			for (Connection connection : this.opened) {
				try {
					connection.close();
				}
				catch (SQLException ex) {
					throw new IllegalStateException(ex);
				}
			}
		}

	}

}
