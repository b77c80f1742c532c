// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.probe;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import dev.lockkeeper.progress.Progress;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.SchemaInspection;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * When a start is stuck.
 */
class StartProgressTests {

	private static final Duration LIMIT = Duration.ofMinutes(1);

	private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");

	private static final SchemaInspection PENDING = SchemaInspection.of(new SchemaState(SchemaStatus.PENDING, NOW, null,
			3, List.of(new ChangeSetReference("4", "me", "file")), List.of(), List.of(), null, null));

	private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5);

	private final StartProgress progress = new StartProgress(LIMIT, this.now::get);

	@Test
	void aStartIsStuckWhenNothingHasMovedForTooLong() {
		pass(LIMIT.minusNanos(1));
		assertThat(this.progress.isStuck()).isFalse();
		pass(Duration.ofNanos(1));
		assertThat(this.progress.isStuck()).isTrue();
	}

	@Test
	void aStartIsNeverStuckWithoutALimit() {
		StartProgress unlimited = new StartProgress(null, this.now::get);
		pass(Duration.ofDays(1));
		assertThat(unlimited.isStuck()).isFalse();
		assertThat(unlimited.isWatching()).isFalse();
	}

	@Test
	void everyReportIsProgress() {
		assertMoves(() -> this.progress.does("waiting for the lock"));
		assertMoves(() -> this.progress.does(null));
		assertMoves(this.progress::moves);
		assertMoves(() -> this.progress.found("liquibase", PENDING));
		assertMoves(() -> this.progress.failed("liquibase", NOW, "gone"));
		assertMoves(() -> this.progress.watch(() -> false));
		assertMoves(() -> this.progress.watch(null));
	}

	private void assertMoves(Runnable report) {
		pass(LIMIT);
		assertThat(this.progress.isStuck()).isTrue();
		report.run();
		assertThat(this.progress.isStuck()).isFalse();
	}

	@Test
	void aDatabaseAtWorkIsProgressAndIsCheckedOnlyWhenNothingElseMoves() {
		AtomicInteger asked = new AtomicInteger();
		AtomicBoolean atWork = new AtomicBoolean(true);
		this.progress.watch(() -> {
			asked.incrementAndGet();
			return atWork.get();
		});
		pass(LIMIT.dividedBy(2));
		assertThat(this.progress.isStuck()).isFalse();
		assertThat(asked).hasValue(0);
		pass(LIMIT);
		assertThat(this.progress.isStuck()).isFalse();
		assertThat(this.progress.isStuck()).isFalse();
		assertThat(asked).hasValue(1);
		atWork.set(false);
		pass(LIMIT);
		assertThat(this.progress.isStuck()).isTrue();
		assertThat(asked).hasValue(2);
	}

	@Test
	void aDatabaseThatDoesNotAnswerIsNotCheckedTwiceAndCountsWhenItDoes() {
		CountDownLatch answer = new CountDownLatch(1);
		AtomicInteger asked = new AtomicInteger();
		this.progress.watch(() -> {
			asked.incrementAndGet();
			try {
				answer.await();
			}
			catch (InterruptedException ex) {
				throw new IllegalStateException(ex);
			}
			return true;
		});
		pass(LIMIT);
		assertThat(this.progress.isStuck()).isTrue();
		assertThat(this.progress.isStuck()).isTrue();
		assertThat(asked).hasValue(1);
		answer.countDown();
		Awaitility.await().until(() -> !this.progress.isStuck());
	}

	@Test
	void aProcessThatComputesInsteadOfHearingTheDatabaseIsNotStuck() {
		AtomicBoolean done = new AtomicBoolean();
		this.progress.watch(() -> {
			while (!done.get()) {
				Thread.onSpinWait();
			}
			return false;
		});
		pass(LIMIT);
		assertThat(this.progress.isStuck()).isFalse();
		done.set(true);
		pass(LIMIT);
		Awaitility.await().until(this.progress::isStuck);
	}

	@Test
	void aFailedCheckIsNoProgress() {
		this.progress.watch(() -> {
			throw new IllegalStateException("no check");
		});
		pass(LIMIT);
		assertThat(this.progress.isStuck()).isTrue();
		this.progress.watch(() -> true);
		pass(LIMIT);
		assertThat(this.progress.isStuck()).isFalse();
	}

	@Test
	void theLastReportIsKnown() {
		assertThat(this.progress.getActivity()).isEqualTo("starting");
		Progress receiver = this.progress;
		receiver.does("waiting for the schema");
		receiver.failed("liquibase", NOW, "not there yet");
		assertThat(this.progress.getInspections()).containsOnlyKeys("liquibase")
			.containsValue(SchemaInspection.of(SchemaState.unreadable(NOW, "not there yet")));
		receiver.found("liquibase", PENDING);
		assertThat(this.progress.getActivity()).isEqualTo("waiting for the schema");
		assertThat(this.progress.getInspections()).containsOnlyKeys("liquibase").containsValue(PENDING);
		receiver.does(null);
		assertThat(this.progress.getActivity()).isEqualTo("starting");
	}

	@Test
	void aFailedInspectionKeepsWhatWasKnownBefore() {
		this.progress.found("liquibase", PENDING);
		this.progress.failed("liquibase", NOW.plusSeconds(9), "gone");
		SchemaInspection inspection = Objects.requireNonNull(this.progress.getInspections().get("liquibase"));
		assertThat(inspection.state()).isEqualTo(PENDING.state().becameUnreadable(NOW.plusSeconds(9), "gone"));
		assertThat(inspection.state().applied()).isEqualTo(3);
	}

	private void pass(Duration time) {
		this.now.addAndGet(time.toNanos());
	}

}
