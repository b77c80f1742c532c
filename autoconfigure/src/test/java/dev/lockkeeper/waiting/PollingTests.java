// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.waiting;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ref.WeakReference;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import dev.lockkeeper.exit.TerminatedException;
import dev.lockkeeper.progress.Progress;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class PollingTests {

	private final Polling polling = new Polling(Duration.ofMillis(5), Duration.ofMillis(10));

	@Test
	void everyQuestionIsProgressAndTheEndOfTheWaitIs() {
		List<String> reported = new CopyOnWriteArrayList<>();
		Polling reporting = new Polling(Duration.ofMillis(5), Duration.ofMillis(10), new Progress() {

			@Override
			public void does(@Nullable String activity) {
				reported.add(String.valueOf(activity));
			}

		});
		AtomicInteger questions = new AtomicInteger();
		reporting.await("asking", Duration.ofSeconds(10),
				() -> (questions.incrementAndGet() < 3) ? Optional.empty() : Optional.of("answer"),
				IllegalStateException::new);
		assertThat(reported).containsExactly("asking", "asking", "asking", "null");
	}

	@Test
	void asksUntilThereIsAnAnswer() {
		AtomicInteger asked = new AtomicInteger();
		int answer = this.polling.await("asking", Duration.ofMinutes(1),
				() -> (asked.incrementAndGet() < 4) ? Optional.empty() : Optional.of(asked.get()),
				IllegalStateException::new);
		assertThat(answer).isEqualTo(4);
	}

	@Test
	void asksOnceMoreWhenTheTimeIsUpAndThenThrows() {
		AtomicInteger asked = new AtomicInteger();
		assertThatExceptionOfType(IllegalStateException.class)
			.isThrownBy(() -> this.polling.await("asking", Duration.ofMillis(500), () -> {
				asked.incrementAndGet();
				return Optional.empty();
			}, () -> new IllegalStateException("too late")))
			.withMessage("too late");
		assertThat(asked.get()).isGreaterThan(1);
	}

	@Test
	void asksAtLeastOnce() {
		assertThat(this.polling.await("asking", Duration.ZERO, () -> Optional.of("now"), IllegalStateException::new))
			.isEqualTo("now");
	}

	@Test
	void givesUpAQuestionThatIsNeverAnswered() {
		CountDownLatch never = new CountDownLatch(1);
		Polling impatient = new Polling(Duration.ofMillis(5), Duration.ofMillis(20), Duration.ofMillis(50),
				Progress.NONE);
		assertThatExceptionOfType(IllegalStateException.class)
			.isThrownBy(() -> impatient.await("asking", Duration.ofMillis(10), () -> {
				awaitQuietly(never);
				return Optional.empty();
			}, () -> new IllegalStateException("silence")))
			.withMessage("silence");
		never.countDown();
	}

	@Test
	void aQuestionOverWhichTheProcessComputesIsNotGivenUp() {
		Polling impatient = new Polling(Duration.ofMillis(5), Duration.ofMillis(20), Duration.ofMillis(50),
				Progress.NONE);
		assertThat(impatient.<String>await("asking", Duration.ofMillis(10), () -> {
			compute(Duration.ofMillis(700));
			return Optional.of("answer");
		}, () -> new IllegalStateException("silence"))).isEqualTo("answer");
	}

	@Test
	void whatTheProcessComputesDoesNotCountAgainstTheDatabase() {
		AtomicInteger asked = new AtomicInteger();
		assertThat(this.polling.<String>awaitAnswer("asking", Duration.ofMillis(500), () -> {
			compute(Duration.ofMillis(1500));
			return (asked.incrementAndGet() < 3) ? Optional.empty() : Optional.of("answer");
		}, () -> new IllegalStateException("silence"))).isEqualTo("answer");
	}

	@Test
	void whatTheProcessComputesIsPartOfAWaitForOthersToAct() {
		AtomicInteger asked = new AtomicInteger();
		assertThatExceptionOfType(IllegalStateException.class)
			.isThrownBy(() -> this.polling.await("asking", Duration.ofMillis(300), () -> {
				compute(Duration.ofMillis(400));
				asked.incrementAndGet();
				return Optional.empty();
			}, () -> new IllegalStateException("too late")));
		assertThat(asked).hasValue(1);
	}

	@Test
	void aServerThatAcceptsAConnectionAndNeverAnswersIsGivenUp() throws Exception {
		Polling impatient = new Polling(Duration.ofMillis(5), Duration.ofMillis(20), Duration.ofMillis(200),
				Progress.NONE);
		try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
			assertThatExceptionOfType(IllegalStateException.class)
				.isThrownBy(() -> impatient.awaitAnswer("asking", Duration.ofMillis(10), () -> {
					compute(Duration.ofMillis(100));
					try (Socket socket = new Socket(silent.getInetAddress(), silent.getLocalPort())) {
						return Optional.of(socket.getInputStream().read());
					}
					catch (IOException ex) {
						throw new UncheckedIOException(ex);
					}
				}, () -> new IllegalStateException("silence")))
				.withMessage("silence");
		}
	}

	private static void compute(Duration duration) {
		long until = System.nanoTime() + duration.toNanos();
		while (System.nanoTime() - until < 0) {
			Thread.onSpinWait();
		}
	}

	@Test
	void throwsWhatTheQuestionThrows() {
		assertThatExceptionOfType(UnsupportedOperationException.class)
			.isThrownBy(() -> this.polling.await("asking", Duration.ofMinutes(1), () -> {
				throw new UnsupportedOperationException();
			}, IllegalStateException::new));
	}

	@Test
	void theCallerIsInAnUntimedWaitAndEndsWhenItIsInterrupted() throws Exception {
		AtomicReference<RuntimeException> thrown = new AtomicReference<>();
		AtomicBoolean closed = new AtomicBoolean();
		CountDownLatch answer = new CountDownLatch(1);
		Thread caller = new Thread(() -> {
			try {
				this.polling.await("asking", Duration.ofMinutes(1), () -> {
					awaitQuietly(answer);
					return Optional.<AutoCloseable>of(() -> closed.set(true));
				}, IllegalStateException::new);
			}
			catch (RuntimeException ex) {
				thrown.set(ex);
			}
		});
		caller.start();
		Awaitility.await().until(() -> caller.getState() == Thread.State.WAITING);
		caller.interrupt();
		caller.join(10_000);
		assertThat(thrown.get()).isInstanceOf(TerminatedException.class)
			.hasMessage("The process was asked to end while asking.");
		answer.countDown();
		Awaitility.await("an answer that came too late is closed").atMost(Duration.ofMinutes(1)).untilTrue(closed);
	}

	private static void awaitQuietly(CountDownLatch latch) {
		try {
			latch.await();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	@Test
	@SuppressWarnings("SystemGc")
	void nothingIsKeptOnceThereIsAnAnswer() {
		WeakReference<Object> asked = new WeakReference<>(ask());
		Awaitility.await().until(() -> {
			System.gc();
			return asked.get() == null;
		});
	}

	private static Object ask() {
		Object asked = new Object();
		new Polling(Duration.ofSeconds(1), Duration.ofSeconds(5)).await("asking", Duration.ofHours(1),
				() -> Optional.of(asked), () -> new IllegalStateException(asked.toString()));
		return asked;
	}

}
