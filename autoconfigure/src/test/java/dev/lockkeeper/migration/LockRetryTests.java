// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.exit.Verdict;
import dev.lockkeeper.lock.Lease;
import dev.lockkeeper.lock.MigrationLock;
import dev.lockkeeper.progress.Progress;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.LockHolder;
import dev.lockkeeper.schema.RunActivity.Blocker;
import dev.lockkeeper.testing.FakeSchema;
import dev.lockkeeper.waiting.Polling;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * What a run does when other sessions are in the way of a change set.
 */
@ExtendWith(OutputCaptureExtension.class)
class LockRetryTests {

	private static final ChangeSetReference ONE = new ChangeSetReference("one", "me", "file");

	private static final ChangeSetReference TWO = new ChangeSetReference("two", "me", "file");

	private static final Duration TIMEOUT = Duration.ofMillis(5);

	private final FakeSchema schema = new FakeSchema("test").pending(ONE, TWO);

	private final RecordingListener listener = new RecordingListener();

	private final List<Long> attempts = new ArrayList<>();

	private final HeldLease lease = new HeldLease();

	private int mostAttempts = 3;

	private Duration longest = Duration.ofMinutes(1);

	private Duration timeout = TIMEOUT;

	@Test
	void aBlockedChangeSetIsTriedAgainInTheSameRunAndHasNotFailed(CapturedOutput output) {
		block(ONE);
		apply(ONE, TWO);
		assertThat(migrate().applied()).isEqualTo(2);
		assertThat(this.listener.getEvents()).containsExactly("run started", "lock wait started",
				"lock wait ended ACQUIRED", "change set started one", "change set blocked one by 1",
				"change set started one", "change set ended one EXECUTED", "change set started two",
				"change set ended two EXECUTED", "run ended 2");
		assertThat(output)
			.contains("lockkeeper - change set file::one::me was blocked (schema test, attempt 1 of 3): it "
					+ "did not get a lock; blocked by pid 7, application reporting; let the session in its way end its transaction; it is tried again in ");
		assertThat(this.schema.getEnds()).hasSize(1);
	}

	@Test
	void eachPauseIsAtLeastFourTimesAsLongAsTheTimeout() {
		this.timeout = Duration.ofMillis(50);
		block(ONE);
		block(ONE);
		apply(ONE, TWO);
		migrate();
		assertThat(this.attempts).hasSize(3);
		assertThat(Duration.ofNanos(this.attempts.get(1) - this.attempts.get(0))).isGreaterThan(Duration.ofMillis(200));
		assertThat(Duration.ofNanos(this.attempts.get(2) - this.attempts.get(1))).isGreaterThan(Duration.ofMillis(300));
	}

	@Test
	void aRunEndsAfterItsLastAttempt() {
		block(ONE);
		block(ONE);
		block(ONE);
		Verdict verdict = fail();
		assertThat(verdict.status()).isEqualTo(ExitStatus.TEMPORARY);
		assertThat(verdict.sqlState()).isEqualTo("55P03");
		assertThat(verdict.message()).contains("Change set file::one::me",
				"It did not get a lock; blocked by pid 7, application reporting. Tried 3 times.");
		assertThat(verdict.action()).contains("pg_terminate_backend", "lockkeeper: lock-timeout=10s");
		assertThat(this.listener.getEvents()).endsWith("change set blocked one by 1", "run failed");
	}

	@Test
	void theAttemptsAreThoseOfOneChangeSet() {
		this.mostAttempts = 2;
		block(ONE);
		this.schema.run((control) -> {
			this.schema.apply(control, ONE);
			throw blocked(control, TWO);
		});
		apply(TWO);
		assertThat(migrate().applied()).isEqualTo(2);
	}

	@Test
	void aRunThatHasNoTimeForAPauseEndsAtOnce() {
		this.longest = TIMEOUT.multipliedBy(3);
		block(ONE);
		assertThat(fail().message()).contains("Tried once.");
	}

	@Test
	void aRunThatLosesItsLeaseInAPauseEnds() {
		this.schema.run((control) -> {
			LockNotGrantedException failure = blocked(control, ONE);
			this.lease.loseLater = true;
			throw failure;
		});
		Verdict verdict = fail();
		assertThat(verdict.status()).isEqualTo(ExitStatus.TEMPORARY);
		assertThat(verdict.message()).contains("because the lease was lost, in change set file::one::me",
				"Change set file::one::me was tried once: it did not get a lock; blocked by pid 7");
	}

	@Test
	void aProcessThatIsAskedToEndInAPauseEnds() {
		this.timeout = Duration.ofMinutes(1);
		this.longest = Duration.ofHours(1);
		Thread running = Thread.currentThread();
		this.schema.run((control) -> {
			LockNotGrantedException failure = blocked(control, ONE);
			this.lease.afterwards = running::interrupt;
			throw failure;
		});
		assertThat(fail().status()).isEqualTo(ExitStatus.TERMINATED);
		assertThat(Thread.interrupted()).isTrue();
	}

	private void block(ChangeSetReference changeSet) {
		this.schema.run((control) -> {
			throw blocked(control, changeSet);
		});
	}

	private void apply(ChangeSetReference... changeSets) {
		this.schema.run((control) -> {
			this.attempts.add(System.nanoTime());
			for (ChangeSetReference changeSet : changeSets) {
				this.schema.apply(control, changeSet);
			}
		});
	}

	private LockNotGrantedException blocked(RunControl control, ChangeSetReference changeSet) {
		this.attempts.add(System.nanoTime());
		control.began(changeSet);
		return new LockNotGrantedException(new SQLException("canceling statement due to lock timeout", "55P03"),
				"did not get a lock", this.timeout, List.of(new Blocker(7, "reporting", null, null, null, null)));
	}

	private Verdict fail() {
		return Objects.requireNonNull(LockkeeperException.findIn(catchThrowable(this::migrate))).toVerdict();
	}

	private MigrationOutcome migrate() {
		MigratorSettings settings = new MigratorSettings(Duration.ofSeconds(20), Duration.ofSeconds(20), null,
				Duration.ofSeconds(1), 1, Duration.ZERO, this.mostAttempts, this.longest, false);
		return new Migrator(settings, (address) -> new FreeLock(),
				new Polling(Duration.ofMillis(1), Duration.ofMillis(1)), Progress.NONE,
				new MigrationListeners(() -> List.of(this.listener)), new ProgressLog())
			.migrate(this.schema);
	}

	private final class FreeLock implements MigrationLock {

		@Override
		public Optional<Lease> tryAcquire() {
			return Optional.of(LockRetryTests.this.lease);
		}

		@Override
		public Optional<LockHolder> findHolder(Connection connection) {
			return Optional.of(new LockHolder("me", null, Instant.MAX));
		}

	}

	private static final class HeldLease implements Lease {

		private final List<Consumer<String>> actions = new ArrayList<>();

		private boolean loseLater;

		private @Nullable Runnable afterwards;

		@Override
		public String getHolder() {
			return "me";
		}

		@Override
		public @Nullable String getPredecessor() {
			return null;
		}

		// Called by each poll of a pause
		@Override
		public boolean isLost() {
			Runnable action = this.afterwards;
			if (action != null) {
				action.run();
			}
			return this.loseLater;
		}

		@Override
		public void onLost(Consumer<String> action) {
			this.actions.add(action);
		}

		@Override
		public boolean isFenced() {
			return true;
		}

		@Override
		public void endSession() {
		}

		@Override
		public void close() {
		}

	}

}
