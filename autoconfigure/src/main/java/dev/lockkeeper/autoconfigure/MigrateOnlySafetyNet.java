// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.time.Duration;

import dev.lockkeeper.exit.UsageException;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.mode.ModeResolver;
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

	@Override
	public void started(ConfigurableApplicationContext context, @Nullable Duration timeTaken) {
		if (AutoConfigurationPackages.has(context.getBeanFactory())
				&& ModeResolver.resolve(context.getEnvironment()).mode() == Mode.MIGRATE_ONLY) {
			throw new UsageException(
					"The process was to migrate and exit, but it started: Lockkeeper's auto-configuration is not "
							+ "active in it.",
					"Do not exclude LockkeeperAutoConfiguration, and leave auto-configuration switched on.");
		}
	}

}
