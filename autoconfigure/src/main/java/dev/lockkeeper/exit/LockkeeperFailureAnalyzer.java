// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.exit;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/**
 * Tells what a {@link LockkeeperException} says.
 */
@Order(Ordered.HIGHEST_PRECEDENCE)
class LockkeeperFailureAnalyzer implements FailureAnalyzer {

	@Override
	public @Nullable FailureAnalysis analyze(Throwable failure) {
		LockkeeperException cause = LockkeeperException.findIn(failure);
		if (cause == null) {
			return null;
		}
		ExitStatus status = cause.getStatus();
		String retry = (status.getRetry() == ExitStatus.Retry.WORTHWHILE) ? "starting it again may help"
				: "starting it again will not help";
		String action = "%s%n%nThe process ends with code %d (%s): %s.".formatted(cause.getAction(), status.getCode(),
				status, retry);
		return new FailureAnalysis(cause.getMessage(), action, cause);
	}

}
