// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.time.Duration;

import dev.lockkeeper.autoconfigure.LockkeeperProperties.DeferStartup;
import dev.lockkeeper.exit.ServletContainer;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.mode.ModeDecision;
import dev.lockkeeper.mode.StartLimit;
import dev.lockkeeper.wording.Durations;
import org.jspecify.annotations.Nullable;

import org.springframework.core.env.ConfigurableEnvironment;

/**
 * What is logged when a process in DEFER may wait longer than its platform lets it start.
 *
 * @param ofMode what the line of the mode adds: that the wait fits only when another
 * limit is set on the platform; {@code null} when it fits anyway, or cannot fit
 * @param warning the warning when the wait cannot fit; {@code null} when it can
 */
record StartLimitRemark(@Nullable String ofMode, @Nullable String warning) {

	private static final StartLimitRemark NONE = new StartLimitRemark(null, null);

	/**
	 * Compare the wait with the limit of the platform.
	 * @param start how the process starts
	 * @param decision the mode of the process
	 * @param environment the environment
	 */
	static StartLimitRemark of(DeferredStart start, ModeDecision decision, ConfigurableEnvironment environment) {
		boolean waiting = decision.mode() == Mode.DEFER && start.startup() == DeferStartup.WAIT;
		// The limit is one of processes that serve
		if (!waiting || decision.oneOff() != null || decision.test() || ServletContainer.isAround(environment)) {
			return NONE;
		}
		StartLimit limit = StartLimit.find(environment);
		Duration wait = start.timeout();
		if (limit == null || limit.fits(wait, false)) {
			return NONE;
		}
		return limit.fits(wait, environment.containsProperty(DeferredStart.WAIT_TIMEOUT))
				? new StartLimitRemark(limit.toString(), null)
				: new StartLimitRemark(null,
						"the wait for the schema does not fit the platform (%s; %s is %s); set %s to less than %s"
							.formatted(limit, DeferredStart.WAIT_TIMEOUT, Durations.inWords(wait),
									DeferredStart.WAIT_TIMEOUT, limit.fitting()));
	}

}
