// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.time.Duration;

import dev.lockkeeper.answer.StandardOutput;
import dev.lockkeeper.command.Request;
import dev.lockkeeper.exit.UsageException;
import dev.lockkeeper.governance.LostArguments;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.mode.ModeDecision;
import dev.lockkeeper.wording.Sentences;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
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

	private static final Log logger = LogFactory.getLog(MigrateOnlySafetyNet.class);

	/**
	 * Spring Boot has it in the environment once a web server listens.
	 */
	private static final String PORT_PROPERTY = "local.server.port";

	// The command line is known from here on
	MigrateOnlySafetyNet(String[] arguments) {
		if (Request.isIn(arguments)) {
			StandardOutput.reserve();
		}
	}

	@Override
	public void started(ConfigurableApplicationContext context, @Nullable Duration timeTaken) {
		if (!AutoConfigurationPackages.has(context.getBeanFactory())) {
			return;
		}
		ModeDecision decision = CarriedMode.of(context).in(context.getEnvironment());
		if (decision.mode() == Mode.MIGRATE_ONLY) {
			throw new UsageException(
					"The process was to migrate and exit, but it started: Lockkeeper's auto-configuration is not "
							+ "active in it.",
					"Do not exclude LockkeeperAutoConfiguration, and leave auto-configuration switched on.");
		}
		try {
			context.getBeanProvider(LostArguments.class).ifUnique((arguments) -> arguments.refuse(decision));
		}
		catch (UsageException ex) {
			// A web application without a schema to migrate would serve for ever; without
			// a port it may as well be the parent of one that has the arguments
			if (context.getEnvironment().containsProperty(PORT_PROPERTY)) {
				throw ex;
			}
			logger.warn("lockkeeper - this process does not migrate and exit (%s); %s".formatted(
					Sentences.inParentheses(String.valueOf(ex.getMessage())),
					Sentences.afterSemicolon(ex.getAction())));
		}
		finally {
			StandardOutput.release();
		}
	}

}
