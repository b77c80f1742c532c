// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.waiting;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

import dev.lockkeeper.exit.TerminatedException;
import dev.lockkeeper.logging.LogContext;
import dev.lockkeeper.progress.Progress;
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
	 * connection and never say a word.
	 */
	private static final Duration STUCK = Duration.ofSeconds(15);

	private final Duration initialInterval;

	private final Duration maxInterval;

	private final Duration stuck;

	private final Progress progress;

	/**
	 * Create a way to poll of which nobody is told.
	 * @param initialInterval the first time between two questions
	 * @param maxInterval the longest time between two questions
	 */
	public Polling(Duration initialInterval, Duration maxInterval) {
		this(initialInterval, maxInterval, Progress.UNTOLD);
	}

	/**
	 * Create a way to poll.
	 * @param initialInterval the first time between two questions
	 * @param maxInterval the longest time between two questions
	 * @param progress is told of every question
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
	 * once, the last one when the time is up; one that stays unanswered for a while after
	 * that is given up. An answer that nobody waits for any more is closed, if it can be.
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
		CountDownLatch stop = new CountDownLatch(1);
		CompletableFuture<T> result = new CompletableFuture<>();
		Runnable polling = LogContext.carriedBy(() -> poll(activity, timeout, question, timeUp, stop, result));
		Thread thread = new Thread(polling, "lockkeeper-wait");
		thread.setDaemon(true);
		thread.setContextClassLoader(Thread.currentThread().getContextClassLoader());
		thread.start();
		// Forgotten with the answer, unlike a task that is delayed
		Runnable givingUp = LogContext.carriedBy(() -> result.completeExceptionally(timeUp.get()));
		CompletableFuture<T> unused = result.copy()
			.orTimeout(timeout.plus(this.stuck).toMillis(), TimeUnit.MILLISECONDS)
			.whenComplete((answer, failure) -> {
				if (failure instanceof TimeoutException) {
					givingUp.run();
				}
			});
		try {
			return result.get();
		}
		catch (InterruptedException ex) {
			if (!result.completeExceptionally(new TerminatedException("The wait was given up."))
					&& !result.isCompletedExceptionally()) {
				closeUnwanted(result.join());
			}
			Thread.currentThread().interrupt();
			throw new TerminatedException("The process was asked to end while " + activity + ".");
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
			stop.countDown();
			this.progress.does(null);
		}
	}

	private <T> void poll(String activity, Duration timeout, Supplier<Optional<T>> question,
			Supplier<? extends RuntimeException> timeUp, CountDownLatch stop, CompletableFuture<T> result) {
		long deadline = System.nanoTime() + timeout.toNanos();
		BackOffExecution backOff = backOff().start();
		try {
			while (!result.isDone()) {
				this.progress.does(activity);
				Optional<T> answer = question.get();
				if (answer.isPresent()) {
					if (!result.complete(answer.get())) {
						closeUnwanted(answer.get());
					}
					return;
				}
				long left = deadline - System.nanoTime();
				if (left <= 0) {
					result.completeExceptionally(timeUp.get());
					return;
				}
				long pause = Math.min(TimeUnit.MILLISECONDS.toNanos(backOff.nextBackOff()), left);
				if (stop.await(pause, TimeUnit.NANOSECONDS)) {
					return;
				}
			}
		}
		catch (Throwable ex) {
			result.completeExceptionally(ex);
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
