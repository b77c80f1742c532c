// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock;

import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import dev.lockkeeper.schema.LockHolder;
import dev.lockkeeper.schema.LockTenure;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What Lockkeeper relies on, whatever keeps a {@link MigrationLock}. A test of an
 * implementation extends this class. It needs JUnit, AssertJ and Awaitility, and nothing
 * else of the project but its ports.
 */
public abstract class LockContract {

	private static final Duration TIMEOUT = Duration.ofMinutes(1);

	private static final int RUNNERS = 16;

	/**
	 * Return the lock that is put to the test, as one process sees it. Called once for
	 * each process that a test needs; all of them mean the same lock.
	 * @param process what names the process
	 * @return the lock
	 */
	protected abstract MigrationLock lockOf(String process);

	/**
	 * Let the holder lose the lock, as if it had been out of reach for too long: the lock
	 * is free afterwards.
	 */
	protected abstract void loseLock();

	/**
	 * Open the connection with which the lock is read, to the database of the schema.
	 * @return the connection
	 * @throws Exception when there is none
	 */
	protected abstract Connection open() throws Exception;

	@Test
	void oneHolderHasTheLockAtATime() {
		try (Lease first = lockOf("first").tryAcquire().orElseThrow()) {
			assertThat(lockOf("second").tryAcquire()).isEmpty();
			assertThat(lockOf("first").tryAcquire()).as("the lock is not reentrant").isEmpty();
			assertThat(first.isLost()).isFalse();
		}
	}

	@Test
	void aReleasedLockIsFreeAtOnce() {
		lockOf("first").tryAcquire().orElseThrow().close();
		lockOf("second").tryAcquire().orElseThrow().close();
	}

	@Test
	void closingALeaseTwiceReleasesNoOtherOne() {
		Lease first = lockOf("first").tryAcquire().orElseThrow();
		first.close();
		try (Lease second = lockOf("second").tryAcquire().orElseThrow()) {
			first.close();
			assertThat(lockOf("third").tryAcquire()).isEmpty();
			assertThat(second.isLost()).isFalse();
		}
	}

	@Test
	void aNameOfAHolderIsGivenOnce() {
		List<String> names = new ArrayList<>();
		for (int i = 0; i < 3; i++) {
			try (Lease lease = lockOf("same").tryAcquire().orElseThrow()) {
				names.add(lease.getHolder());
			}
		}
		assertThat(names).doesNotHaveDuplicates().allSatisfy((name) -> {
			assertThat(name).isNotBlank();
			assertThat(name.length()).isLessThanOrEqualTo(255);
		});
	}

	@Test
	void ofManyThatRaceForTheLockOneGetsIt() throws Exception {
		ExecutorService threads = Executors.newFixedThreadPool(RUNNERS);
		List<Lease> held = new ArrayList<>();
		try {
			List<Callable<Optional<Lease>>> attempts = new ArrayList<>();
			for (int i = 0; i < RUNNERS; i++) {
				attempts.add(lockOf("runner " + i)::tryAcquire);
			}
			for (Future<Optional<Lease>> attempt : threads.invokeAll(attempts)) {
				attempt.get().ifPresent(held::add);
			}
		}
		finally {
			threads.shutdownNow();
		}
		assertThat(held).hasSize(1).allSatisfy(Lease::close);
	}

	@Test
	void theLockNamesItsHolder() throws Exception {
		try (Connection connection = open()) {
			assertThat(lockOf("other").findHolder(connection)).isEmpty();
			try (Lease lease = lockOf("first").tryAcquire().orElseThrow()) {
				assertThat(lockOf("other").findHolder(connection)).map(LockHolder::holder).hasValue(lease.getHolder());
				assertThat(lockOf("other").findHolder(connection)).map(LockHolder::ofEngine).hasValue(false);
				assertThat(lockOf("other").findTenure(connection, lease.getHolder()).lasts()).isTrue();
				assertThat(lockOf("other").findTenure(connection, "never seen").lasts()).isFalse();
			}
			assertThat(lockOf("other").findHolder(connection)).isEmpty();
		}
	}

	@Test
	void aTenureThatIsOverStaysOver() throws Exception {
		try (Connection connection = open()) {
			Lease first = lockOf("same").tryAcquire().orElseThrow();
			first.close();
			assertThat(lockOf("other").findTenure(connection, first.getHolder()).lasts()).isFalse();
			try (Lease second = lockOf("same").tryAcquire().orElseThrow()) {
				LockTenure tenure = lockOf("other").findTenure(connection, first.getHolder());
				assertThat(tenure.lasts()).isFalse();
				assertThat(lockOf("other").findTenure(connection, second.getHolder()).lasts()).isTrue();
			}
		}
	}

	@Test
	void aHolderThatLosesTheLockIsNotifiedAndReleasesNothing() throws Exception {
		try (Lease first = lockOf("first").tryAcquire().orElseThrow(); Connection connection = open()) {
			List<String> reasons = new CopyOnWriteArrayList<>();
			first.onLost((why) -> reasons.add("1 " + why));
			first.onLost((why) -> reasons.add("2 " + why));
			loseLock();
			Awaitility.await().atMost(TIMEOUT).until(first::isLost);
			Awaitility.await().atMost(TIMEOUT).until(() -> reasons.size() == 2);
			assertThat(reasons.get(0)).matches("1 \\S.*");
			assertThat(reasons.get(1)).matches("2 \\S.*");
			assertThat(lockOf("other").findTenure(connection, first.getHolder()).lasts()).isFalse();
			first.onLost((why) -> reasons.add("3 " + why));
			assertThat(reasons).as("notified at once").hasSize(3);
			try (Lease second = lockOf("second").tryAcquire().orElseThrow()) {
				first.close();
				assertThat(lockOf("third").tryAcquire()).isEmpty();
				assertThat(second.isLost()).isFalse();
			}
		}
	}

	@Test
	void aHolderThatReleasedTheLockIsNotNotified() {
		Lease first = lockOf("first").tryAcquire().orElseThrow();
		List<String> reasons = new CopyOnWriteArrayList<>();
		first.onLost(reasons::add);
		first.close();
		try (Lease second = lockOf("second").tryAcquire().orElseThrow()) {
			loseLock();
			Awaitility.await().atMost(TIMEOUT).until(second::isLost);
		}
		assertThat(reasons).isEmpty();
	}

}
