// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.waiting;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How long a thread has waited for the answers of others, such as a database. The time in
 * which it computes does not count: on a CPU that is slow, or shared by many, a thread
 * computes for minutes, which is not the fault of the database. Neither is the time in
 * which the whole process stood still.
 * <p>
 * Samples the thread each time the caller asks. The thread computes when it executes Java
 * code or reads a file, and waits when it is in a call of the network, blocked, or
 * asleep. Not safe for use by several threads.
 *
 * @since 0.1.0
 */
public final class UnansweredTime {

	private static final Duration INTERVAL = Duration.ofMillis(100);

	/**
	 * The prefixes of the classes whose native methods do not wait for other processes.
	 */
	private static final List<String> COMPUTING = List.of("java.lang.", "java.io.", "java.util.", "java.security.",
			"jdk.internal.", "sun.nio.fs.", "sun.nio.ch.FileDispatcher", "sun.nio.ch.UnixFileDispatcher");

	/**
	 * Threads that wait for what other threads of this process do for them.
	 */
	private static final Map<Thread, Thread> joining = new ConcurrentHashMap<>();

	private final Thread thread;

	private final long longestInterval;

	private long last = System.nanoTime();

	private long total;

	/**
	 * Begin to count.
	 * @param thread the thread that waits or computes
	 * @param interval how often the caller samples; a gap of twice as long means that the
	 * whole process stood still
	 */
	public UnansweredTime(Thread thread, Duration interval) {
		this.thread = thread;
		this.longestInterval = interval.multipliedBy(2).toNanos();
	}

	/**
	 * Sample the thread now, and count the time since the sample before.
	 * @return what this sample has added, in nanoseconds; zero when the thread computes
	 */
	public long sample() {
		long now = System.nanoTime();
		long passed = now - this.last;
		this.last = now;
		long counted = isWaiting(this.thread) ? Math.min(passed, this.longestInterval) : 0;
		this.total += counted;
		return counted;
	}

	/**
	 * Return what was counted so far.
	 * @return the time in which the thread has waited
	 */
	public Duration getTotal() {
		return Duration.ofNanos(this.total);
	}

	/**
	 * Wait until a thread has ended, unless it waits too long for others.
	 * @param thread the thread
	 * @param limit how long it may wait for others
	 * @return whether it has ended
	 * @throws InterruptedException when the calling thread is interrupted
	 */
	public static boolean join(Thread thread, Duration limit) throws InterruptedException {
		UnansweredTime unanswered = new UnansweredTime(thread, INTERVAL);
		joining.put(Thread.currentThread(), thread);
		try {
			long interval = Math.max(1, Math.min(INTERVAL.toMillis(), limit.toMillis() / 4));
			while (unanswered.getTotal().compareTo(limit) < 0) {
				thread.join(interval);
				if (!thread.isAlive()) {
					return true;
				}
				unanswered.sample();
			}
			return false;
		}
		finally {
			joining.remove(Thread.currentThread());
		}
	}

	/**
	 * Wait likewise, also when the calling thread is or becomes interrupted, as it is
	 * when the process was asked to end while it waited. It stays interrupted.
	 * @param thread the thread
	 * @param limit how long it may wait for others; the time begins again with each
	 * interruption
	 * @return whether it has ended
	 */
	public static boolean joinUninterruptibly(Thread thread, Duration limit) {
		boolean interrupted = false;
		try {
			while (true) {
				try {
					return join(thread, limit);
				}
				catch (InterruptedException ex) {
					interrupted = true;
				}
			}
		}
		finally {
			if (interrupted) {
				Thread.currentThread().interrupt();
			}
		}
	}

	/**
	 * Return whether a thread waits for others at this moment.
	 * @param thread the thread
	 * @return whether it waits; not when it computes, or has ended
	 */
	public static boolean isWaiting(Thread thread) {
		Thread working = joining.get(thread);
		if (working != null && working.isAlive()) {
			return isWaiting(working);
		}
		Thread.State state = thread.getState();
		if (state != Thread.State.RUNNABLE) {
			return state != Thread.State.NEW && state != Thread.State.TERMINATED;
		}
		StackTraceElement[] stack = thread.getStackTrace();
		return stack.length > 0 && stack[0].isNativeMethod()
				&& COMPUTING.stream().noneMatch(stack[0].getClassName()::startsWith);
	}

}
