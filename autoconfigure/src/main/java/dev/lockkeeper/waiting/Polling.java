// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.waiting;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

import dev.lockkeeper.exit.TerminatedException;

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

	private static final double MULTIPLIER = 1.5;

	private final Duration initialInterval;

	private final Duration maxInterval;

	/**
	 * Create a way to poll.
	 * @param initialInterval the first time between two questions
	 * @param maxInterval the longest time between two questions
	 */
	public Polling(Duration initialInterval, Duration maxInterval) {
		this.initialInterval = initialInterval;
		this.maxInterval = maxInterval.compareTo(initialInterval) < 0 ? initialInterval : maxInterval;
	}

	/**
	 * Ask until there is an answer or the time is up. The first question is asked at
	 * once, the last one when the time is up. An answer that nobody waits for any more is
	 * closed, if it can be.
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
		FutureTask<T> task = new FutureTask<>(poll(timeout, question, timeUp, stop));
		Thread thread = new Thread(task, "lockkeeper-wait");
		thread.setDaemon(true);
		thread.setContextClassLoader(Thread.currentThread().getContextClassLoader());
		thread.start();
		try {
			return task.get();
		}
		catch (InterruptedException ex) {
			stop.countDown();
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
	}

	private <T> Callable<T> poll(Duration timeout, Supplier<Optional<T>> question,
			Supplier<? extends RuntimeException> timeUp, CountDownLatch stop) {
		return () -> {
			long deadline = System.nanoTime() + timeout.toNanos();
			BackOffExecution backOff = backOff().start();
			while (true) {
				Optional<T> answer = question.get();
				if (answer.isPresent()) {
					if (stop.getCount() == 0 && answer.get() instanceof AutoCloseable unwanted) {
						unwanted.close();
					}
					return answer.get();
				}
				long left = deadline - System.nanoTime();
				if (left <= 0) {
					throw timeUp.get();
				}
				long pause = Math.min(TimeUnit.MILLISECONDS.toNanos(backOff.nextBackOff()), left);
				if (stop.await(pause, TimeUnit.NANOSECONDS)) {
					throw new TerminatedException("The wait was given up.");
				}
			}
		};
	}

	private ExponentialBackOff backOff() {
		ExponentialBackOff backOff = new ExponentialBackOff(this.initialInterval.toMillis(), MULTIPLIER);
		backOff.setMaxInterval(this.maxInterval.toMillis());
		backOff.setJitter(this.initialInterval.toMillis() / 4);
		return backOff;
	}

}
