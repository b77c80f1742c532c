// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.transaction;

import java.time.Duration;
import java.util.List;

import dev.lockkeeper.schema.RunActivity.Blocker;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link LockBudget}.
 */
class LockBudgetTests {

	private Duration waits = Duration.ZERO;

	private final LockBudget budget = new LockBudget(new LockWaits() {

		@Override
		public void begin(Duration timeout) {
		}

		@Override
		public Waited end() {
			return new Waited(LockBudgetTests.this.waits, List.of(new Blocker(7, null, null, null, null, null)));
		}

	}, Duration.ofSeconds(2));

	@Test
	void eachStatementMayWaitForWhatTheOnesBeforeItHaveLeft() {
		assertThat(this.budget.remaining()).isEqualTo(Duration.ofSeconds(2));
		wait(Duration.ofMillis(1500), true);
		assertThat(this.budget.remaining()).isEqualTo(Duration.ofMillis(500));
		wait(Duration.ofMinutes(5), false);
		assertThat(this.budget.remaining()).isEqualTo(Duration.ofMillis(500));
	}

	@Test
	void aLockThatIsHardlyContendedIsStillWaitedFor() {
		wait(Duration.ofMillis(1990), true);
		assertThat(this.budget.remaining()).isBetween(Duration.ofMillis(100), Duration.ofMillis(110));
	}

	@Test
	void theLastBlockersAreKnown() {
		wait(Duration.ofMillis(100), true);
		assertThat(this.budget.getBlockers()).extracting(Blocker::pid).containsExactly(7);
	}

	@Test
	void withoutATimeoutAChangeSetWaitsAsLongAsItTakes() {
		assertThat(new LockBudget(LockWaits.UNOBSERVED, Duration.ZERO).remaining()).isNull();
	}

	private void wait(Duration time, boolean limited) {
		this.waits = time;
		this.budget.begin(this.budget.remaining());
		this.budget.end(limited);
	}

}
