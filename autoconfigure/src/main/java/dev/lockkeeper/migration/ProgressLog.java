// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

import dev.lockkeeper.logging.LogContext;
import dev.lockkeeper.thread.DaemonThread;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * Logs every few seconds how far a run is, so that a long run is not taken for a stuck
 * one.
 *
 * @since 0.1.0
 */
public final class ProgressLog implements ProgressReport {

	private static final Log logger = LogFactory.getLog(ProgressLog.class);

	private static final Duration INTERVAL = Duration.ofSeconds(5);

	private final Duration interval;

	/**
	 * Create a log that reports every five seconds.
	 */
	public ProgressLog() {
		this(INTERVAL);
	}

	ProgressLog(Duration interval) {
		this.interval = interval;
	}

	@Override
	public Showing begin(Supplier<State> state) {
		ScheduledExecutorService timer = Executors
			.newSingleThreadScheduledExecutor(DaemonThread.factory("lockkeeper-progress"));
		Future<?> unused = timer.scheduleWithFixedDelay(() -> report(state.get()), this.interval.toMillis(),
				this.interval.toMillis(), TimeUnit.MILLISECONDS);
		return timer::shutdownNow;
	}

	private static void report(State state) {
		LogContext.put(LogContext.CHANGE_SET, state.running());
		logger.info("lockkeeper - " + state);
	}

}
