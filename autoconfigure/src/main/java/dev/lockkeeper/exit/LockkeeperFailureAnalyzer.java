// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.exit;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;

/**
 * Presents the message, the action and the exit code of a {@link LockkeeperException}.
 */
@Order(Ordered.HIGHEST_PRECEDENCE)
class LockkeeperFailureAnalyzer implements FailureAnalyzer {

	private final @Nullable Environment environment;

	LockkeeperFailureAnalyzer(@Nullable Environment environment) {
		this.environment = environment;
	}

	@Override
	public @Nullable FailureAnalysis analyze(Throwable failure) {
		LockkeeperException cause = LockkeeperException.findIn(failure);
		if (cause == null) {
			return null;
		}
		ExitStatus status = cause.getStatus();
		boolean own = !ServletContainer.isAround(this.environment);
		String retry = (status.getRetry() == ExitStatus.Retry.WORTHWHILE) ? "starting it again may help"
				: "starting it again will not help";
		String action = "%s%n%n%s %d (%s): %s.".formatted(cause.getAction(),
				own ? "The process ends with code"
						: "The application does not start; a process of its own would end with code",
				status.getCode(), status, retry);
		return new FailureAnalysis(cause.getMessage(), action, cause);
	}

}
