// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.exit;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootExceptionReporter;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/**
 * Writes the verdict of a failed start, and gives the main thread its exit code. Always
 * lets the other reporters report.
 */
@Order(Ordered.HIGHEST_PRECEDENCE + 1)
class ExitStatusReporter implements SpringBootExceptionReporter {

	private final @Nullable ConfigurableApplicationContext context;

	ExitStatusReporter(@Nullable ConfigurableApplicationContext context) {
		this.context = context;
	}

	@Override
	public boolean reportException(Throwable failure) {
		LockkeeperException cause = LockkeeperException.findIn(failure);
		if (cause != null) {
			// TerminationWatch writes the verdict of a process that was asked to end
			if (this.context != null && cause.getStatus() != ExitStatus.TERMINATED) {
				TerminationMessage.from(this.context.getEnvironment()).write(cause.toVerdict());
			}
			if (this.context == null || !ServletContainer.isAround(this.context.getEnvironment())) {
				MainThreadExit.install(failure, cause.getStatus());
			}
		}
		return false;
	}

	/**
	 * The exit code of the main thread, set the way Spring Boot does it: by the handler
	 * for uncaught exceptions. A caller that catches what {@link SpringApplication#run}
	 * throws keeps the process alive.
	 */
	private static final class MainThreadExit extends SpringApplication {

		static void install(Throwable failure, ExitStatus status) {
			Thread thread = Thread.currentThread();
			// Spring Boot installs its handler, which remembers what has been logged,
			// at the first use. Ours has to be the outer one, or it would never be
			// called.
			new MainThreadExit().registerLoggedException(failure);
			Thread.UncaughtExceptionHandler boot = thread.getUncaughtExceptionHandler();
			if (isMain(thread)) {
				thread.setUncaughtExceptionHandler((failed, ex) -> {
					try {
						boot.uncaughtException(failed, ex);
					}
					finally {
						if (LockkeeperException.findIn(ex) != null) {
							System.exit(status.getCode());
						}
					}
				});
			}
		}

		private static boolean isMain(Thread thread) {
			ThreadGroup group = thread.getThreadGroup();
			return ("main".equals(thread.getName()) || "restartedMain".equals(thread.getName())) && group != null
					&& "main".equals(group.getName());
		}

	}

}
