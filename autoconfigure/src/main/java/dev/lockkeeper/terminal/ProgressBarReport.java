// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.terminal;

import java.io.Console;
import java.io.PrintStream;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

import dev.lockkeeper.migration.ProgressLog;
import dev.lockkeeper.migration.ProgressReport;
import dev.lockkeeper.thread.DaemonThread;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.util.ReflectionUtils;

/**
 * A bar on the terminal, as soon as a run has more than ten change sets or lasts longer
 * than five seconds. Drawn by a library that is optional: without it, and where there is
 * no terminal, the log has the progress of a run.
 *
 * @since 0.1.0
 */
public final class ProgressBarReport implements ProgressReport {

	/**
	 * A class of the library that draws the bar.
	 */
	public static final String LIBRARY = "me.tongfei.progressbar.ProgressBar";

	private static final Log logger = LogFactory.getLog(ProgressBarReport.class);

	private static final int MANY = 10;

	private static final Duration LONG = Duration.ofSeconds(5);

	private static final Duration INTERVAL = Duration.ofMillis(500);

	private final PrintStream terminal;

	/**
	 * Create a report.
	 * @param terminal where the bar is drawn
	 */
	public ProgressBarReport(PrintStream terminal) {
		this.terminal = terminal;
	}

	/**
	 * Return whether a person can see what this process writes.
	 * @return whether standard input and output are a terminal
	 */
	@SuppressWarnings("SystemConsoleNull")
	public static boolean isTerminal() {
		Console console = System.console();
		if (console == null) {
			return false;
		}
		// From Java 22 on there may be a console without a terminal, and a method that
		// tests that
		Method test = ReflectionUtils.findMethod(Console.class, "isTerminal");
		return test == null || Boolean.TRUE.equals(ReflectionUtils.invokeMethod(test, console));
	}

	@Override
	public Showing begin(Supplier<State> state) {
		return new Drawing(state);
	}

	/**
	 * The bar of one run.
	 */
	private final class Drawing implements Showing {

		private final Supplier<State> state;

		private final long began = System.nanoTime();

		private final ScheduledExecutorService timer = Executors
			.newSingleThreadScheduledExecutor(DaemonThread.factory("lockkeeper-progress"));

		private @Nullable ProgressBar bar;

		private @Nullable Showing log;

		Drawing(Supplier<State> state) {
			this.state = state;
			Future<?> unused = this.timer.scheduleAtFixedRate(this::drawOrLog, 0, INTERVAL.toMillis(),
					TimeUnit.MILLISECONDS);
		}

		private synchronized void drawOrLog() {
			if (this.log != null) {
				return;
			}
			try {
				draw();
			}
			catch (RuntimeException | LinkageError ex) {
				logger.debug("lockkeeper - the bar cannot be drawn", ex);
				this.bar = null;
				this.log = new ProgressLog().begin(this.state);
			}
		}

		private void draw() {
			State now = this.state.get();
			ProgressBar drawn = this.bar;
			if (drawn == null) {
				if (now.total() <= MANY && System.nanoTime() - this.began < LONG.toNanos()) {
					return;
				}
				drawn = new ProgressBarBuilder().setTaskName(now.schema())
					.setStyle(ProgressBarStyle.ASCII)
					.setUpdateIntervalMillis((int) INTERVAL.toMillis())
					.setConsumer(new LineBelow(ProgressBarReport.this.terminal))
					.continuousUpdate()
					.hideEta()
					.build();
				this.bar = drawn;
			}
			drawn.maxHint(now.total()).stepTo(now.applied()).setExtraMessage(" " + now.now());
		}

		@Override
		public void close() {
			this.timer.shutdownNow();
			synchronized (this) {
				if (this.bar != null) {
					drawOrLog();
				}
				if (this.bar != null) {
					this.bar.close();
				}
				if (this.log != null) {
					this.log.close();
				}
			}
		}

	}

}
