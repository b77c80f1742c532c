// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.governance;

import dev.lockkeeper.command.Request;
import dev.lockkeeper.exit.UsageException;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.mode.ModeDecision;
import org.jspecify.annotations.Nullable;

import org.springframework.core.env.ConfigurableEnvironment;

/**
 * The command of a process that migrates and exits.
 *
 * @since 0.1.0
 */
public final class ProcessRequest {

	private ProcessRequest() {
	}

	/**
	 * Return the command of a process.
	 * @param environment the environment, complete with configuration files
	 * @param decision the mode of the process
	 * @return the request, or {@code null} when there is none, or when the process may
	 * not touch a database
	 * @throws UsageException when the command line is contradictory, or the process is
	 * not one that migrates and exits
	 */
	public static @Nullable Request of(ConfigurableEnvironment environment, ModeDecision decision) {
		if (!decision.databaseAllowed() || !decision.enabled()) {
			return null;
		}
		return Request.of(environment, decision.mode() == Mode.MIGRATE_ONLY, decision.toString());
	}

}
