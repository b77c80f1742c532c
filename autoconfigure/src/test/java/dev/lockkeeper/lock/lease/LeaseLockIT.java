// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock.lease;

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;

import dev.lockkeeper.lock.Lease;
import dev.lockkeeper.lock.LockAddress;
import dev.lockkeeper.lock.MigrationLock;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.datasource.DriverManagerDataSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The lease on a real PostgreSQL.
 */
class LeaseLockIT {

	private static final Duration LEASE = Duration.ofSeconds(3);

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final LockAddress address = new LockAddress("public.lock", "public.lockkeeper_lock", "public.readable",
			new DriverManagerDataSource(this.database.getUrl()), false);

	@Test
	void oneHolderAtATime() {
		try (Lease first = acquire("first")) {
			assertThat(lock("second").tryAcquire()).isEmpty();
			assertThat(first.isLost()).isFalse();
		}
		try (Lease second = acquire("second")) {
			assertThat(second.getHolder()).startsWith("second/");
		}
		assertThat(this.database.sessions()).isEmpty();
	}

	@RepeatedTest(20)
	void manyThatBeginOnAnEmptyDatabaseGetOneHolder() throws Exception {
		ExecutorService threads = Executors.newFixedThreadPool(16);
		try {
			List<Callable<Optional<Lease>>> attempts = new ArrayList<>();
			for (int i = 0; i < 16; i++) {
				attempts.add(lock("thread " + i)::tryAcquire);
			}
			List<Lease> held = new ArrayList<>();
			for (Future<Optional<Lease>> attempt : threads.invokeAll(attempts)) {
				attempt.get().ifPresent(held::add);
			}
			assertThat(held).hasSize(1);
			held.forEach(Lease::close);
		}
		finally {
			threads.shutdownNow();
		}
	}

	@Test
	void isRenewedLongerThanItLasts() {
		try (Lease lease = acquire("first")) {
			String until = until();
			Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> !until().equals(until));
			String renewed = until();
			Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> !until().equals(renewed));
			assertThat(lease.isLost()).isFalse();
			assertThat(lock("second").tryAcquire()).isEmpty();
		}
	}

	@Test
	void anExpiredOneIsTakenByAnotherAndLostByItsHolder() {
		AtomicBoolean told = new AtomicBoolean();
		try (Lease first = acquire("first")) {
			first.onLost(() -> told.set(true));
			this.database.execute("UPDATE lockkeeper_lock SET lock_until = timezone('utc', now()) - interval '1 s'");
			try (Lease second = acquire("second")) {
				Awaitility.await().atMost(Duration.ofSeconds(30)).untilTrue(told);
				assertThat(first.isLost()).isTrue();
				first.close();
				assertThat(lock("third").tryAcquire()).as("released by a stranger").isEmpty();
				assertThat(second.isLost()).isFalse();
			}
		}
	}

	@Test
	void aRowDeletedByHandLosesIt() {
		try (Lease lease = acquire("first")) {
			this.database.execute("DELETE FROM lockkeeper_lock");
			Awaitility.await().atMost(Duration.ofSeconds(30)).until(lease::isLost);
		}
	}

	@Test
	void survivesALostConnection() {
		try (Lease lease = acquire("first")) {
			String until = until();
			this.database.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
					+ "WHERE datname = current_database() AND pid <> pg_backend_pid()");
			Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> !until().equals(until));
			assertThat(lease.isLost()).isFalse();
		}
	}

	@Test
	void whoMayReadTheHistoryMayReadTheTable() {
		String reader = this.database.getServer().createRole("secret");
		this.database.execute("CREATE TABLE readable (id int)", "GRANT SELECT ON readable TO " + reader);
		acquire("first").close();
		assertThat(
				this.database.query("SELECT has_table_privilege('%s', 'lockkeeper_lock', 'SELECT')".formatted(reader)))
			.containsExactly("t");
		assertThat(
				this.database.query("SELECT has_table_privilege('%s', 'lockkeeper_lock', 'UPDATE')".formatted(reader)))
			.containsExactly("f");
	}

	@Test
	void isPutBackAfterItsTableWasDropped() {
		try (Lease lease = acquire("first")) {
			this.database.execute("DROP TABLE lockkeeper_lock");
			lease.restore();
			assertThat(lock("second").tryAcquire()).isEmpty();
			String until = until();
			Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> !until().equals(until));
			assertThat(lease.isLost()).isFalse();
		}
		acquire("second").close();
	}

	@Test
	void tellsWhoHoldsIt() throws Exception {
		LeaseTable table = new LeaseTable(Clock.systemUTC());
		try (Lease lease = acquire("first"); var connection = this.database.open()) {
			assertThat(table.read(connection, "public.lockkeeper_lock", "public.lock"))
				.hasValueSatisfying((holder) -> assertThat(holder.holder()).isEqualTo(lease.getHolder()));
			lease.close();
			assertThat(table.read(connection, "public.lockkeeper_lock", "public.lock")).isEmpty();
		}
	}

	private Lease acquire(String process) {
		return lock(process).tryAcquire().orElseThrow();
	}

	private MigrationLock lock(String process) {
		return new LeaseLocks(LEASE, process).at(this.address);
	}

	private String until() {
		return this.database.query("SELECT lock_until FROM lockkeeper_lock").get(0);
	}

}
