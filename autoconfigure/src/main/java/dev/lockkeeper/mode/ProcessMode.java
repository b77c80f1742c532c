// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.mode;

import java.util.function.Supplier;

import dev.lockkeeper.exit.ConfigurationException;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.exit.UsageException;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.CommandLinePropertySource;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * The mode of a process, resolved for the first question and kept for the others. It is
 * resolved anew only when a property source that was added later sets the mode or the
 * switch of Lockkeeper to something else, or is the command line: that of a parent
 * context comes late. Safe for use by several threads.
 *
 * @since 0.1.0
 */
public final class ProcessMode {

	private @Nullable Resolution resolution;

	/**
	 * Return the mode.
	 * @param environment the environment, complete with configuration files
	 * @return the decision
	 * @throws UsageException when flags and settings contradict each other
	 * @throws ConfigurationException when the value of a setting is unknown
	 */
	public ModeDecision in(ConfigurableEnvironment environment) {
		return resolve(environment).decision().get();
	}

	/**
	 * Return whether Lockkeeper is switched on, also when there is no mode because
	 * settings contradict each other.
	 * @param environment the environment
	 * @return whether it is; a value that cannot be read does not switch it off
	 */
	public boolean isEnabled(ConfigurableEnvironment environment) {
		return resolve(environment).enabled();
	}

	private synchronized Resolution resolve(ConfigurableEnvironment environment) {
		Settings settings = Settings.of(environment);
		Resolution known = this.resolution;
		if (known == null || !known.settings().equals(settings)) {
			known = Resolution.of(settings, environment);
			this.resolution = known;
		}
		return known;
	}

	/**
	 * What the mode depends on, and a property source may bring at any time.
	 *
	 * @param mode the mode, or {@code null} when it is not set
	 * @param enabled the switch, or {@code null} when it is not set
	 * @param commandLine whether there is a command line
	 */
	private record Settings(@Nullable String mode, @Nullable String enabled, boolean commandLine) {

		static Settings of(ConfigurableEnvironment environment) {
			Binder binder = Binder.get(environment);
			return new Settings(binder.bind(ModeResolver.MODE_PROPERTY, String.class).orElse(null),
					binder.bind(ModeResolver.ENABLED_PROPERTY, String.class).orElse(null),
					environment.getPropertySources()
						.contains(CommandLinePropertySource.COMMAND_LINE_PROPERTY_SOURCE_NAME));
		}

	}

	/**
	 * What was found out.
	 *
	 * @param settings what it depends on
	 * @param enabled whether Lockkeeper is switched on
	 * @param decision gives the mode, or throws why there is none
	 */
	private record Resolution(Settings settings, boolean enabled, Supplier<ModeDecision> decision) {

		static Resolution of(Settings settings, ConfigurableEnvironment environment) {
			boolean enabled = true;
			try {
				enabled = isEnabled(environment);
				ModeDecision decision = ModeResolver.resolve(environment, settings.mode(), enabled);
				return new Resolution(settings, enabled, () -> decision);
			}
			catch (LockkeeperException failure) {
				return new Resolution(settings, enabled, () -> {
					throw failure;
				});
			}
		}

		private static boolean isEnabled(ConfigurableEnvironment environment) {
			try {
				return Binder.get(environment).bind(ModeResolver.ENABLED_PROPERTY, Boolean.class).orElse(true);
			}
			catch (BindException ex) {
				throw ConfigurationException.of(ex);
			}
		}

	}

}
