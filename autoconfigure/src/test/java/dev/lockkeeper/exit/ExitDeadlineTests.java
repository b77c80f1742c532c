// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.exit;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What does not close in time is not waited for.
 */
class ExitDeadlineTests {

	@Test
	void endsTheProcessWhenItsTimeIsUp() throws InterruptedException {
		CountDownLatch ended = new CountDownLatch(1);
		try (ExitDeadline deadline = new ExitDeadline(Duration.ofMillis(10), ended::countDown)) {
			assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
		}
	}

	@Test
	void doesNothingAfterAnOrderlyEnd() throws InterruptedException {
		AtomicBoolean ended = new AtomicBoolean();
		CountDownLatch later = new CountDownLatch(1);
		new ExitDeadline(Duration.ofMillis(500), () -> ended.set(true)).close();
		try (ExitDeadline second = new ExitDeadline(Duration.ofSeconds(1), later::countDown)) {
			assertThat(later.await(10, TimeUnit.SECONDS)).isTrue();
		}
		assertThat(ended).isFalse();
	}

	@Test
	void anOrdinaryStrategyEndsAsEver() {
		AtomicBoolean ended = new AtomicBoolean();
		ExitStrategy strategy = (code) -> ended.set(code == 70);
		strategy.halt(70);
		assertThat(ended).isTrue();
	}

}
