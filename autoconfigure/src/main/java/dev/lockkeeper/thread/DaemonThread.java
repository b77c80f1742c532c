// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.thread;

import java.util.concurrent.ThreadFactory;

import dev.lockkeeper.logging.LogContext;

/**
 * The only way to a daemon thread: it has a name, and its log lines carry what those of
 * the thread that creates it carry.
 *
 * @since 0.1.0
 */
public final class DaemonThread {

	private DaemonThread() {
	}

	/**
	 * Create a thread, which its caller starts.
	 * @param name the name of the thread
	 * @param task what it executes
	 * @return the thread
	 */
	public static Thread of(String name, Runnable task) {
		Thread thread = new Thread(LogContext.carriedBy(task), name);
		thread.setDaemon(true);
		return thread;
	}

	/**
	 * Start a thread.
	 * @param name the name of the thread
	 * @param task what it executes
	 * @return the thread
	 */
	public static Thread start(String name, Runnable task) {
		Thread thread = of(name, task);
		thread.start();
		return thread;
	}

	/**
	 * Create the threads of an executor.
	 * @param name the name of each thread
	 * @return the factory
	 */
	public static ThreadFactory factory(String name) {
		return (task) -> of(name, task);
	}

}
