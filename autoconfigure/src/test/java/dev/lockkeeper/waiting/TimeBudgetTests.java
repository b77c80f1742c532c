// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.waiting;

import java.time.Duration;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class TimeBudgetTests {

	@Test
	void hasNoLimitUnlessItIsGivenOne() {
		TimeBudget budget = new TimeBudget(null);
		assertThat(budget.remaining()).isNull();
		assertThat(budget.atMost(Duration.ofDays(1))).isEqualTo(Duration.ofDays(1));
	}

	@Test
	void runsOutAndNeverBelowZero() {
		TimeBudget budget = new TimeBudget(Duration.ofMillis(50));
		assertThat(budget.atMost(Duration.ofMillis(1))).isEqualTo(Duration.ofMillis(1));
		assertThat(budget.atMost(Duration.ofDays(1))).isLessThanOrEqualTo(Duration.ofMillis(50));
		Awaitility.await().until(() -> Duration.ZERO.equals(budget.remaining()));
		assertThat(budget.atMost(Duration.ofDays(1))).isZero();
	}

}
