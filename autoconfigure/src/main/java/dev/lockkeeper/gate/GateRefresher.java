// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.gate;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.thread.DaemonThread;
import org.jspecify.annotations.Nullable;

/**
 * Refreshes the gate in the background: often while it is closed, at the interval while
 * it is open, and slower the longer all is CURRENT and no lock is held, down to once a
 * minute. Runs on a daemon thread of its own from {@link #start()} to {@link #stop()}.
 *
 * @since 0.1.0
 */
public final class GateRefresher {

	private static final Duration SLOWEST = Duration.ofMinutes(1);

	private final SchemaGate gate;

	private final Duration closedInterval;

	private final Duration openInterval;

	private @Nullable ScheduledExecutorService executor;

	private Duration pause;

	/**
	 * Create a refresher, which does not run yet.
	 * @param gate the gate
	 * @param closedInterval the time between two refreshes while the gate is closed
	 * @param openInterval the time between two refreshes while it is open
	 */
	public GateRefresher(SchemaGate gate, Duration closedInterval, Duration openInterval) {
		this.gate = gate;
		this.closedInterval = (closedInterval.compareTo(openInterval) < 0) ? closedInterval : openInterval;
		this.openInterval = openInterval;
		this.pause = openInterval;
	}

	/**
	 * Begin to refresh.
	 */
	public synchronized void start() {
		if (this.executor == null) {
			this.executor = Executors.newSingleThreadScheduledExecutor(DaemonThread.factory("lockkeeper-refresh"));
			schedule(this.gate.isOpen() ? this.openInterval : Duration.ZERO);
		}
	}

	/**
	 * Stop refreshing. Returns at once; a refresh that is under way is interrupted.
	 */
	public synchronized void stop() {
		if (this.executor != null) {
			this.executor.shutdownNow();
			this.executor = null;
		}
	}

	/**
	 * Return whether the gate is refreshed.
	 * @return whether it runs
	 */
	public synchronized boolean isRunning() {
		return this.executor != null;
	}

	private void refresh() {
		try {
			this.gate.refresh();
		}
		finally {
			schedule(nextPause());
		}
	}

	private synchronized void schedule(Duration delay) {
		if (this.executor != null) {
			Future<?> unused = this.executor.schedule(this::refresh, delay.toMillis(), TimeUnit.MILLISECONDS);
		}
	}

	private Duration nextPause() {
		Map<String, SchemaState> states = this.gate.getStates();
		if (!this.gate.isOpen()) {
			this.pause = this.openInterval;
			return this.closedInterval;
		}
		Duration current = this.pause;
		boolean quiet = states.values()
			.stream()
			.allMatch((state) -> state.status() == SchemaStatus.CURRENT && state.lock() == null);
		Duration slowest = (SLOWEST.compareTo(this.openInterval) < 0) ? this.openInterval : SLOWEST;
		Duration slower = current.multipliedBy(2);
		this.pause = quiet ? ((slower.compareTo(slowest) < 0) ? slower : slowest) : this.openInterval;
		return current;
	}

}
