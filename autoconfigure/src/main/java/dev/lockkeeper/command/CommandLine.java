// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.command;

import java.util.List;
import java.util.Locale;

import dev.lockkeeper.exit.ConfigurationException;
import dev.lockkeeper.exit.UsageException;
import org.jspecify.annotations.Nullable;

import org.springframework.core.env.CommandLinePropertySource;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.SimpleCommandLinePropertySource;
import org.springframework.util.StringUtils;

/**
 * The command line as Spring Boot reads it. Nothing else counts: a setting or an
 * environment variable that happens to have the name of a flag is no flag.
 *
 * @since 0.1.0
 */
public final class CommandLine {

	/**
	 * The flag that makes a process migrate and exit.
	 */
	public static final String MIGRATE_ONLY = "migrate-only";

	private final @Nullable PropertySource<?> source;

	private CommandLine(@Nullable PropertySource<?> source) {
		this.source = source;
	}

	/**
	 * Return the command line of an application.
	 * @param environment the environment of the application
	 * @return the command line; empty when the environment has none
	 */
	public static CommandLine of(ConfigurableEnvironment environment) {
		return new CommandLine(
				environment.getPropertySources().get(CommandLinePropertySource.COMMAND_LINE_PROPERTY_SOURCE_NAME));
	}

	/**
	 * Return the command line that consists of some arguments.
	 * @param arguments the arguments
	 * @return the command line
	 */
	static CommandLine of(String... arguments) {
		return new CommandLine(new SimpleCommandLinePropertySource(arguments));
	}

	/**
	 * Return the value of a flag.
	 * @param name the name of the flag
	 * @return the value, empty for a flag without one; {@code null} when the flag is not
	 * set
	 */
	public @Nullable String get(String name) {
		Object value = (this.source != null) ? this.source.getProperty(name) : null;
		return (value != null) ? value.toString() : null;
	}

	/**
	 * Return the names of all flags.
	 */
	List<String> getNames() {
		return (this.source instanceof EnumerablePropertySource<?> enumerable) ? List.of(enumerable.getPropertyNames())
				: List.of();
	}

	/**
	 * Return the arguments that Spring Boot takes for no option.
	 * @return the arguments; one that contains a comma counts as several
	 */
	public List<String> getNonOptionArguments() {
		String arguments = get(CommandLinePropertySource.DEFAULT_NON_OPTION_ARGS_PROPERTY_NAME);
		return List.of(StringUtils.commaDelimitedListToStringArray((arguments != null) ? arguments : ""));
	}

	/**
	 * Return whether the flag {@code --migrate-only} is set.
	 * @return whether it is
	 * @throws UsageException when its value is neither empty nor a boolean
	 */
	public boolean hasMigrateOnly() {
		String value = get(MIGRATE_ONLY);
		if (value == null) {
			return false;
		}
		return switch (value.trim().toLowerCase(Locale.ROOT)) {
			case "", "true" -> true;
			case "false" -> false;
			default -> throw new UsageException(
					ConfigurationException.isShown(value, List.of("true", "false"))
							? "--%s=%s is unknown.".formatted(MIGRATE_ONLY, value)
							: "--%s has an unknown value.".formatted(MIGRATE_ONLY),
					"Use --%s without a value.".formatted(MIGRATE_ONLY));
		};
	}

	/**
	 * Return what to throw when an option has no effect because it stands behind two
	 * dashes that end the options.
	 * @param name the name of the option
	 * @return the exception
	 */
	public static UsageException afterOptions(String name) {
		return new UsageException("--%s stands behind '--', where Spring Boot reads no options.".formatted(name),
				"Put it before '--'.");
	}

}
