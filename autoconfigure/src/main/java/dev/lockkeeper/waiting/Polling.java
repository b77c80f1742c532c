// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.waiting;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

import dev.lockkeeper.exit.TerminatedException;
import dev.lockkeeper.logging.LogContext;
import dev.lockkeeper.progress.Progress;
import dev.lockkeeper.thread.DaemonThread;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.util.backoff.BackOffExecution;
import org.springframework.util.backoff.ExponentialBackOff;

/**
 * Asks again and again until there is an answer: jittered, and slower the longer nothing
 * changes. Asking happens on a thread of its own while the caller is in an untimed wait,
 * because that is the wait out of which Spring interrupts a starting context on SIGTERM.
 *
 * @since 0.1.0
 */
public final class Polling {

	private static final Log logger = LogFactory.getLog(Polling.class);

	private static final double MULTIPLIER = 1.5;

	/**
	 * How long after the time is up a question may stay unanswered: a server may accept a
	 * connection and never answer. The time in which the process computes does not count.
	 */
	private static final Duration STUCK = Duration.ofSeconds(15);

	private static final Duration SAMPLE_INTERVAL = Duration.ofMillis(100);

	private final Duration initialInterval;

	private final Duration maxInterval;

	private final Duration stuck;

	private final Progress progress;

	/**
	 * Create a way to poll that does not report its progress.
	 * @param initialInterval the first time between two questions
	 * @param maxInterval the longest time between two questions
	 */
	public Polling(Duration initialInterval, Duration maxInterval) {
		this(initialInterval, maxInterval, Progress.NONE);
	}

	/**
	 * Create a way to poll.
	 * @param initialInterval the first time between two questions
	 * @param maxInterval the longest time between two questions
	 * @param progress is notified of every question
	 */
	public Polling(Duration initialInterval, Duration maxInterval, Progress progress) {
		this(initialInterval, maxInterval, STUCK, progress);
	}

	Polling(Duration initialInterval, Duration maxInterval, Duration stuck, Progress progress) {
		this.stuck = stuck;
		this.progress = progress;
		this.initialInterval = initialInterval;
		this.maxInterval = maxInterval.compareTo(initialInterval) < 0 ? initialInterval : maxInterval;
	}

	/**
	 * Ask until there is an answer or the time is up. The first question is asked at
	 * once, the last one when the time is up. A question that stays unanswered for a
	 * while after that is abandoned, but not while the process computes; its late answer
	 * is closed, if it can be.
	 * @param <T> the type of the answer
	 * @param activity what the process is doing, for the message when it is ended
	 * @param timeout the longest time to ask
	 * @param question the question; an exception ends the polling and is thrown to the
	 * caller
	 * @param timeUp gives the exception to throw when there was no answer in time
	 * @return the answer
	 * @throws TerminatedException when the calling thread is interrupted
	 */
	public <T> T await(String activity, Duration timeout, Supplier<Optional<T>> question,
			Supplier<? extends RuntimeException> timeUp) {
		return new Wait<>(activity, timeout, false, question, timeUp).await();
	}

	/**
	 * Ask likewise, where the wait is for a database alone: the time in which the process
	 * computes does not count against the database.
	 * @param <T> the type of the answer
	 * @param activity what the process is doing, for the message when it is ended
	 * @param timeout for how long the database may leave questions unanswered
	 * @param question the question; an exception ends the polling and is thrown to the
	 * caller
	 * @param timeUp gives the exception to throw when there was no answer in time
	 * @return the answer
	 * @throws TerminatedException when the calling thread is interrupted
	 */
	public <T> T awaitAnswer(String activity, Duration timeout, Supplier<Optional<T>> question,
			Supplier<? extends RuntimeException> timeUp) {
		return new Wait<>(activity, timeout, true, question, timeUp).await();
	}

	/**
	 * One wait.
	 *
	 * @param <T> the type of the answer
	 */
	private final class Wait<T> {

		private final String activity;

		private final long timeout;

		private final boolean computesForFree;

		private final Supplier<Optional<T>> question;

		private final Supplier<? extends RuntimeException> timeUp;

		private final CountDownLatch stop = new CountDownLatch(1);

		private final CompletableFuture<T> result = new CompletableFuture<>();

		private volatile long began = System.nanoTime();

		private final Thread thread;

		private final Duration interval;

		private final UnansweredTime unanswered;

		private final Runnable givingUp = LogContext.carriedBy(this::giveUp);

		private volatile boolean asking;

		private final AtomicLong computed = new AtomicLong();

		private long sampledAt = System.nanoTime();

		private long overdue;

		Wait(String activity, Duration timeout, boolean computesForFree, Supplier<Optional<T>> question,
				Supplier<? extends RuntimeException> timeUp) {
			this.activity = activity;
			this.timeout = timeout.toNanos();
			this.computesForFree = computesForFree;
			this.question = question;
			this.timeUp = timeUp;
			this.thread = DaemonThread.of("lockkeeper-wait", this::poll);
			Duration shorter = Polling.this.stuck.dividedBy(5);
			this.interval = (shorter.compareTo(SAMPLE_INTERVAL) < 0) ? shorter : SAMPLE_INTERVAL;
			this.unanswered = new UnansweredTime(this.thread, this.interval);
		}

		T await() {
			this.thread.start();
			sampleLater();
			try {
				return this.result.get();
			}
			catch (InterruptedException ex) {
				if (!this.result.completeExceptionally(new TerminatedException("The wait was interrupted."))
						&& !this.result.isCompletedExceptionally()) {
					closeUnwanted(this.result.join());
				}
				Thread.currentThread().interrupt();
				throw new TerminatedException("The process was asked to end while " + this.activity + ".");
			}
			catch (ExecutionException ex) {
				if (ex.getCause() instanceof RuntimeException failure) {
					throw failure;
				}
				if (ex.getCause() instanceof Error error) {
					throw error;
				}
				throw new IllegalStateException(ex.getCause());
			}
			finally {
				this.stop.countDown();
				Polling.this.progress.does(null);
			}
		}

		private void poll() {
			this.began = System.nanoTime();
			BackOffExecution backOff = backOff().start();
			try {
				while (!this.result.isDone()) {
					Polling.this.progress.does(this.activity);
					Optional<T> answer = ask();
					if (answer.isPresent()) {
						if (!this.result.complete(answer.get())) {
							closeUnwanted(answer.get());
						}
						return;
					}
					long remaining = remaining();
					if (remaining <= 0) {
						giveUp();
						return;
					}
					long pause = Math.min(TimeUnit.MILLISECONDS.toNanos(backOff.nextBackOff()), remaining);
					if (this.stop.await(pause, TimeUnit.NANOSECONDS)) {
						return;
					}
				}
			}
			catch (Throwable ex) {
				this.result.completeExceptionally(ex);
			}
		}

		private Optional<T> ask() {
			this.asking = true;
			try {
				return this.question.get();
			}
			finally {
				this.asking = false;
			}
		}

		private long remaining() {
			return this.timeout - (System.nanoTime() - this.began - (this.computesForFree ? this.computed.get() : 0));
		}

		private void giveUp() {
			try {
				this.result.completeExceptionally(this.timeUp.get());
			}
			catch (RuntimeException ex) {
				this.result.completeExceptionally(ex);
			}
		}

		// Sampling does not wait, so it may run on the thread that all delays share
		private void sampleLater() {
			CompletableFuture.delayedExecutor(this.interval.toNanos(), TimeUnit.NANOSECONDS, Runnable::run)
				.execute(this::sample);
		}

		private void sample() {
			if (this.result.isDone()) {
				return;
			}
			long now = System.nanoTime();
			long passed = now - this.sampledAt;
			this.sampledAt = now;
			long waited = this.unanswered.sample();
			boolean ofQuestion = this.asking;
			this.computed.addAndGet(Math.max(0, passed - waited));
			if (ofQuestion && waited == 0) {
				Polling.this.progress.moves();
			}
			this.overdue += (ofQuestion && remaining() <= 0) ? waited : 0;
			if (this.overdue >= Polling.this.stuck.toNanos()) {
				this.givingUp.run();
			}
			else {
				sampleLater();
			}
		}

	}

	private static void closeUnwanted(Object answer) {
		if (answer instanceof AutoCloseable unwanted) {
			try {
				unwanted.close();
			}
			catch (Exception ex) {
				logger.debug("lockkeeper - an answer that came too late could not be closed", ex);
			}
		}
	}

	private ExponentialBackOff backOff() {
		ExponentialBackOff backOff = new ExponentialBackOff(this.initialInterval.toMillis(), MULTIPLIER);
		backOff.setMaxInterval(this.maxInterval.toMillis());
		backOff.setJitter(this.initialInterval.toMillis() / 4);
		return backOff;
	}

}
