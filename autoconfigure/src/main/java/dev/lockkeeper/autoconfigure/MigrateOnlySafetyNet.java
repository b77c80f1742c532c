// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.time.Duration;

import dev.lockkeeper.exit.UsageException;
import dev.lockkeeper.mode.Mode;
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
		if (ModeResolver.resolve(context.getEnvironment()).mode() == Mode.MIGRATE_ONLY) {
			throw new UsageException(
					"The process was to migrate and exit, but it started: Lockkeeper's auto-configuration is not "
							+ "active in it.",
					"Do not exclude LockkeeperAutoConfiguration, and leave auto-configuration switched on.");
		}
		StandardOutput.release();
	}

}
