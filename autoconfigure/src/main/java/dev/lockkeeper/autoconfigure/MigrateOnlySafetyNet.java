// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.time.Duration;

import dev.lockkeeper.exit.UsageException;
import dev.lockkeeper.governance.LostArguments;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.mode.ModeDecision;
import dev.lockkeeper.mode.ModeResolver;
import dev.lockkeeper.question.Question;
import dev.lockkeeper.question.StandardOutput;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.SpringApplicationRunListener;
import org.springframework.boot.autoconfigure.AutoConfigurationPackages;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * Fails a MIGRATE_ONLY process that has started like any other, because our
 * auto-configuration was not there to end it. A Job must never turn into a serving pod.
 * Contexts without any auto-configuration are parents of the one that counts, or the
 * bootstrap context of Spring Cloud.
 */
class MigrateOnlySafetyNet implements SpringApplicationRunListener {

	/**
	 * Spring Boot has it in the environment once a web server listens.
	 */
	private static final String PORT_PROPERTY = "local.server.port";

	// The earliest moment at which the command line is known
	MigrateOnlySafetyNet(String[] arguments) {
		if (Question.isAskedBy(arguments)) {
			StandardOutput.reserve();
		}
	}

	@Override
	public void started(ConfigurableApplicationContext context, @Nullable Duration timeTaken) {
		if (!AutoConfigurationPackages.has(context.getBeanFactory())) {
			return;
		}
		ModeDecision decision = ModeResolver.resolve(context.getEnvironment());
		if (decision.mode() == Mode.MIGRATE_ONLY) {
			throw new UsageException(
					"The process was to migrate and exit, but it started: Lockkeeper's auto-configuration is not "
							+ "active in it.",
					"Do not exclude LockkeeperAutoConfiguration, and leave auto-configuration switched on.");
		}
		try {
			// A web application without a schema to migrate would serve for ever
			if (context.getEnvironment().containsProperty(PORT_PROPERTY)) {
				context.getBeanProvider(LostArguments.class).ifUnique((arguments) -> arguments.refuse(decision));
			}
		}
		finally {
			StandardOutput.release();
		}
	}

}
