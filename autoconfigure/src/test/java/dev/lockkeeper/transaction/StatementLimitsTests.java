// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.transaction;

import java.time.Duration;
import java.util.List;

import dev.lockkeeper.schema.RunActivity.Blocker;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link StatementLimits}.
 */
class StatementLimitsTests {

	private Duration waits = Duration.ZERO;

	private final StatementLimits limits = new StatementLimits(ChangeSetTimeouts.NONE,
			new LockLimits(Duration.ofSeconds(2), true, new LockWaits() {

				@Override
				public void begin(Duration timeout) {
				}

				@Override
				public Waited end() {
					return new Waited(StatementLimitsTests.this.waits,
							List.of(new Blocker(7, null, null, null, null, null)));
				}

			}));

	@Test
	void eachStatementMayWaitForWhatTheOnesBeforeItHaveLeft() {
		assertThat(this.limits.remaining()).isEqualTo(Duration.ofSeconds(2));
		wait(Duration.ofMillis(1500), true);
		assertThat(this.limits.remaining()).isEqualTo(Duration.ofMillis(500));
		wait(Duration.ofMinutes(5), false);
		assertThat(this.limits.remaining()).isEqualTo(Duration.ofMillis(500));
	}

	@Test
	void aLockThatIsHardlyContendedIsStillWaitedFor() {
		wait(Duration.ofMillis(1990), true);
		assertThat(this.limits.remaining()).isBetween(Duration.ofMillis(100), Duration.ofMillis(110));
	}

	@Test
	void theLastBlockersAreKnown() {
		wait(Duration.ofMillis(100), true);
		assertThat(this.limits.getBlockers()).extracting(Blocker::pid).containsExactly(7);
	}

	@Test
	void withoutATimeoutAChangeSetWaitsAsLongAsItTakes() {
		assertThat(limits(null).remaining()).isNull();
		assertThat(limits(Duration.ZERO).remaining()).isZero();
	}

	@Test
	void theTimeoutThatAChangeSetSaysGoesBeforeThatOfTheRun() {
		assertThat(limits(Duration.ofSeconds(10)).remaining()).isEqualTo(Duration.ofSeconds(10));
	}

	@Test
	void nothingIsLimitedOnceAStatementHasSetTheTimeoutItself() {
		this.limits.setItself();
		assertThat(this.limits.remaining()).isNull();
	}

	@Test
	void aStatementThatFailsBeforeItsTimeIsOverHasNotWaitedForIt() {
		this.limits.begin(Duration.ofHours(1), Duration.ZERO, true);
		this.limits.end(true);
		assertThat(this.limits.isOver()).isFalse();
		this.limits.begin(Duration.ofNanos(1), Duration.ZERO, true);
		this.limits.end(true);
		assertThat(this.limits.isOver()).isTrue();
		this.limits.begin(null, Duration.ZERO, true);
		this.limits.end(true);
		assertThat(this.limits.isOver()).isFalse();
	}

	@Test
	void aStatementWithoutALimitWaitsAsLongAsItsSessionDoes() {
		this.limits.begin(null, Duration.ofMillis(300), false);
		assertThat(this.limits.getLastTimeout()).isEqualTo(Duration.ofMillis(300));
		this.limits.begin(Duration.ofMillis(100), Duration.ofMillis(300), true);
		assertThat(this.limits.getLastTimeout()).isEqualTo(Duration.ofSeconds(2));
	}

	private static StatementLimits limits(@Nullable Duration lock) {
		return new StatementLimits(new ChangeSetTimeouts(lock, null), LockLimits.NONE);
	}

	private void wait(Duration time, boolean limited) {
		this.waits = time;
		this.limits.begin(this.limits.remaining(), Duration.ZERO, true);
		this.limits.end(limited);
	}

}
