// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import dev.lockkeeper.logging.LogContext;
import dev.lockkeeper.migration.RunControl.StopReason;
import dev.lockkeeper.thread.DaemonThread;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Ends a run from outside: when the process is asked to end, and when the time limit is
 * reached. The change set that is running gets the grace; after it, its statement is
 * ended.
 */
final class RunGuard implements AutoCloseable {

	private static final Log logger = LogFactory.getLog(RunGuard.class);

	private final RunControl control;

	private final Duration grace;

	private final CountDownLatch over = new CountDownLatch(1);

	private final Thread hook = new Thread(LogContext.carriedBy(this::onShutdown), "lockkeeper-shutdown");

	private final ScheduledExecutorService timer = Executors
		.newSingleThreadScheduledExecutor(DaemonThread.factory("lockkeeper-run-timer"));

	RunGuard(RunControl control, Duration grace, @Nullable Duration remaining) {
		this.control = control;
		this.grace = grace;
		if (remaining != null) {
			Future<?> unused = this.timer.schedule(() -> end(StopReason.MAX_DURATION), remaining.toMillis(),
					TimeUnit.MILLISECONDS);
		}
		try {
			Runtime.getRuntime().addShutdownHook(this.hook);
		}
		catch (IllegalStateException ex) {
			control.stop(StopReason.TERMINATED);
		}
	}

	private void onShutdown() {
		end(StopReason.TERMINATED);
	}

	private void end(StopReason reason) {
		LogContext.put(LogContext.CHANGE_SET, this.control.getRunning());
		logger.info("lockkeeper - stopping the run (%s; the running change set has %d s)".formatted(reason,
				this.grace.toSeconds()));
		this.control.stop(reason);
		try {
			if (!this.over.await(this.grace.toMillis(), TimeUnit.MILLISECONDS)) {
				this.control.cancel();
				this.over.await(this.grace.toMillis(), TimeUnit.MILLISECONDS);
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	@Override
	public void close() {
		this.over.countDown();
		this.timer.shutdownNow();
		try {
			Runtime.getRuntime().removeShutdownHook(this.hook);
		}
		catch (IllegalStateException ex) {
			logger.debug("lockkeeper - the run is over, and the JVM is shutting down");
		}
	}

}
