// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

import dev.lockkeeper.logging.LogContext;
import dev.lockkeeper.schema.ChangeSetReference;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Says every few seconds how far a run is, so that one that takes long is seen to go on.
 */
final class ProgressLog implements AutoCloseable {

	private static final Log logger = LogFactory.getLog(ProgressLog.class);

	private static final Duration INTERVAL = Duration.ofSeconds(5);

	private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor((task) -> {
		Thread thread = new Thread(LogContext.carriedBy(task), "lockkeeper-progress");
		thread.setDaemon(true);
		return thread;
	});

	/**
	 * Begin to say it.
	 * @param state tells how far the run is
	 */
	ProgressLog(Supplier<State> state) {
		Future<?> unused = this.timer.scheduleAtFixedRate(() -> say(state.get()), INTERVAL.toMillis(),
				INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
	}

	private static void say(State state) {
		LogContext.put(LogContext.CHANGE_SET, state.running());
		logger.info("lockkeeper - " + state);
	}

	@Override
	public void close() {
		this.timer.shutdownNow();
	}

	/**
	 * How far a run is.
	 *
	 * @param schema the schema
	 * @param applied how many change sets it has applied
	 * @param pending how many were pending when it began
	 * @param running the change set that runs, or {@code null} between two
	 * @param since for how long that has been running
	 */
	record State(String schema, int applied, int pending, @Nullable ChangeSetReference running, Duration since) {

		@Override
		public String toString() {
			// What always runs was not pending, and is applied all the same
			int total = Math.max(this.pending, this.applied);
			int percent = (total > 0) ? this.applied * 100 / total : 0;
			String now = (this.running != null)
					? "%s running for %d s".formatted(this.running.id(), this.since.toSeconds())
					: "between two change sets";
			return "%d/%d change sets, %d %%, %s (schema %s)".formatted(this.applied, total, percent, now, this.schema);
		}

	}

}
