// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.exit;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import dev.lockkeeper.thread.DaemonThread;
import dev.lockkeeper.wording.Durations;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * Ends a process whose orderly shutdown takes too long. Everything that matters is done
 * before.
 *
 * @since 0.1.0
 */
public final class ExitDeadline implements AutoCloseable {

	private static final Log logger = LogFactory.getLog(ExitDeadline.class);

	private final CountDownLatch over = new CountDownLatch(1);

	/**
	 * Create a deadline, which runs from now until it is closed.
	 * @param timeout how long the shutdown may take
	 * @param exit ends the process; called on another thread
	 */
	public ExitDeadline(Duration timeout, Runnable exit) {
		DaemonThread.start("lockkeeper-exit", () -> watch(timeout, exit));
	}

	private void watch(Duration timeout, Runnable exit) {
		try {
			if (!this.over.await(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
				logger.warn("lockkeeper - the shutdown takes longer than %s; the process ends without it"
					.formatted(Durations.inWords(timeout)));
				exit.run();
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	@Override
	public void close() {
		this.over.countDown();
	}

}
