// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.time.Duration;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * How often a run is begun again.
 */
class RetriesTests {

	private static final Duration LONG = Duration.ofMinutes(5);

	@Test
	void theFirstTimeCounts() {
		assertThat(new Retries(1, LONG, 3).mayRetry()).isFalse();
		assertThat(new Retries(2, LONG, 3).mayRetry()).isTrue();
	}

	@Test
	void aRunThatAppliesNothingEnds() {
		Retries retries = new Retries(3, LONG, 3);
		retries.beginAgain(3);
		assertThat(retries.mayRetry()).isTrue();
		assertThat(retries).hasToString("2 of 3 times");
		retries.beginAgain(3);
		assertThat(retries.mayRetry()).isFalse();
	}

	@Test
	void aRunThatComesOnIsCountedAnew() {
		Retries retries = new Retries(2, LONG, 3);
		retries.beginAgain(2);
		assertThat(retries.mayRetry()).isTrue();
		retries.beginAgain(2);
		assertThat(retries.mayRetry()).isFalse();
	}

	// Another process may take back what it has done, over and over again
	@Test
	void onlyOneThatComesOnFurtherThanBefore() {
		Retries retries = new Retries(2, LONG, 3);
		retries.beginAgain(1);
		retries.beginAgain(3);
		assertThat(retries.mayRetry()).isFalse();
		retries.beginAgain(2);
		assertThat(retries.mayRetry()).isFalse();
	}

	@Test
	void eachLossHasTheWholeTime() {
		Duration wait = Duration.ofMillis(20);
		Retries retries = new Retries(3, wait, 3);
		retries.remaining();
		Awaitility.await().until(() -> retries.remaining().isZero());
		retries.beginAgain(3);
		assertThat(retries.mayRetry()).isTrue();
	}

	@Test
	void noTimeRemainsWithoutAny() {
		assertThat(new Retries(5, Duration.ZERO, 3).mayRetry()).isFalse();
		assertThat(new Retries(5, LONG, 3).remaining()).isPositive().isLessThanOrEqualTo(LONG);
	}

}
