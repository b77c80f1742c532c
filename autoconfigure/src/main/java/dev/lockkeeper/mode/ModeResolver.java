// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.mode;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import dev.lockkeeper.command.CommandLine;
import dev.lockkeeper.command.NearMisses;
import dev.lockkeeper.exit.ConfigurationException;
import dev.lockkeeper.exit.ServletContainer;
import dev.lockkeeper.exit.UsageException;
import org.jspecify.annotations.Nullable;

import org.springframework.core.SpringProperties;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.util.ClassUtils;

/**
 * Decides the mode from the environment. The decision depends on nothing else, so the
 * same environment always gets the same one.
 *
 * @since 0.1.0
 */
public final class ModeResolver {

	/**
	 * The key of the explicit mode.
	 */
	public static final String MODE_PROPERTY = "lockkeeper.mode";

	/**
	 * The key that switches Lockkeeper off.
	 */
	static final String ENABLED_PROPERTY = "lockkeeper.enabled";

	/**
	 * The variables by which functions are recognised.
	 */
	public static final List<String> FUNCTION_VARIABLES = Platform.functions()
		.stream()
		.flatMap(Platform::variables)
		.toList();

	private static final String TEST_MARKER = "TestContextBootstrapper";

	private static final String SLICE_BOOTSTRAPPER = "TestSliceTestContextBootstrapper";

	private static final String AOT_PROCESSING = "spring.aot.processing";

	/**
	 * By default a startup probe of Cloud Run and of Azure Container Apps and a health
	 * check of Cloud Foundry only connect, Heroku waits until the port is bound, and App
	 * Service takes any answer, according to their documentation of November 2026.
	 */
	private static final Set<String> PORT_CHECKING_PLATFORMS = Stream
		.of(Platform.AZURE_APP_SERVICE, Platform.AZURE_CONTAINER_APPS, Platform.CLOUD_RUN, Platform.CLOUD_FOUNDRY,
				Platform.HEROKU)
		.map(Platform::name)
		.collect(Collectors.toUnmodifiableSet());

	private static final String CONTEXT_EXIT = "spring.context.exit";

	private static final String AUTO = "auto";

	private ModeResolver() {
	}

	/**
	 * Decide the mode. An explicit mode wins over detection, except in a test slice,
	 * which always migrates itself.
	 * @param environment the environment, complete with configuration files
	 * @param setting the explicit mode as it is set, or {@code null}
	 * @param enabled whether Lockkeeper is switched on
	 * @return the decision
	 * @throws UsageException when flags and settings contradict each other
	 * @throws ConfigurationException when the value of a setting is unknown
	 */
	static ModeDecision resolve(ConfigurableEnvironment environment, @Nullable String setting, boolean enabled) {
		String testBootstrapper = findTestBootstrapper(environment);
		boolean test = testBootstrapper != null;
		Evidence platform = PlatformDetector.detect(environment);
		boolean migrateOnlyFlag = CommandLine.of(environment).hasMigrateOnly();
		Mode configured = configuredMode(setting);
		// A main with a spelling of its own may have set the mode
		if (configured != Mode.MIGRATE_ONLY && enabled) {
			NearMisses.refuseOfMigrateOnly(environment);
		}
		if (migrateOnlyFlag && configured != null && configured != Mode.MIGRATE_ONLY) {
			throw new UsageException(
					"--%s and %s=%s contradict each other.".formatted(CommandLine.MIGRATE_ONLY, MODE_PROPERTY,
							propertyValue(configured)),
					"Remove one of the two: --%s migrates and exits, %s=%s does not."
						.formatted(CommandLine.MIGRATE_ONLY, MODE_PROPERTY, propertyValue(configured)));
		}
		String dormant = dormantReason(environment);
		if (dormant != null) {
			Mode mode = (configured != null) ? configured : Mode.SELF;
			return new ModeDecision((mode != Mode.MIGRATE_ONLY) ? mode : Mode.SELF, dormant, platform.found(), test,
					false, enabled, null);
		}
		if (testBootstrapper != null && isSlice(testBootstrapper)) {
			return new ModeDecision(Mode.SELF, reasonInSlice(migrateOnlyFlag ? Mode.MIGRATE_ONLY : configured),
					platform.found(), true, true, enabled, null);
		}
		boolean migrateOnly = migrateOnlyFlag || configured == Mode.MIGRATE_ONLY;
		if (migrateOnly && !enabled) {
			throw new UsageException("The process was to migrate and exit, but %s=false.".formatted(ENABLED_PROPERTY),
					"Remove %s=false for this process.".formatted(ENABLED_PROPERTY));
		}
		if (migrateOnly && ServletContainer.isAround(environment)) {
			throw new UsageException(
					"An application in a servlet container cannot migrate and exit: the process is not its own.",
					"Remove %s=%s here, and start the WAR as a process of its own to migrate: java -jar application.war "
						.formatted(MODE_PROPERTY, propertyValue(Mode.MIGRATE_ONLY)) + "--" + CommandLine.MIGRATE_ONLY);
		}
		if (migrateOnlyFlag) {
			return new ModeDecision(Mode.MIGRATE_ONLY, "--" + CommandLine.MIGRATE_ONLY + " is set", platform.found(),
					test, true, true, null);
		}
		if (configured != null) {
			boolean once = configured == Mode.DEFER && !test;
			return new ModeDecision(configured, "%s is set to %s".formatted(MODE_PROPERTY, propertyValue(configured)),
					platform.found(), test, true, enabled,
					once ? OneOffProcess.find(platform.name(), environment) : null);
		}
		if (test) {
			return new ModeDecision(Mode.SELF, "a test of Spring Boot's test support", platform.found(), true, true,
					enabled, null);
		}
		return new ModeDecision(platform.deferring() ? Mode.DEFER : Mode.SELF, platform.reason(), platform.found(),
				false, true, enabled, platform.deferring() ? OneOffProcess.find(platform.name(), environment) : null);
	}

	/**
	 * Return the platform of the process when by default it takes an open port for a
	 * started application.
	 * @param environment the environment
	 * @return the name of the platform, or {@code null} when none is recognised that does
	 */
	public static @Nullable String findPortCheckingPlatform(ConfigurableEnvironment environment) {
		String name = PlatformDetector.detect(environment).name();
		return (name != null && PORT_CHECKING_PLATFORMS.contains(name)) ? name : null;
	}

	private static @Nullable Mode configuredMode(@Nullable String setting) {
		String value = Objects.requireNonNullElse(setting, AUTO);
		String canonical = value.trim().toLowerCase(Locale.ROOT).replace('_', '-');
		if (canonical.isEmpty() || canonical.equals(AUTO)) {
			return null;
		}
		return Arrays.stream(Mode.values())
			.filter((mode) -> propertyValue(mode).equals(canonical))
			.findFirst()
			.orElseThrow(() -> unknownMode(value.trim()));
	}

	private static ConfigurationException unknownMode(String value) {
		List<String> known = Stream
			.concat(Stream.of(AUTO), Arrays.stream(Mode.values()).map(ModeResolver::propertyValue))
			.toList();
		String message = ConfigurationException.isShown(value, known)
				? "%s=%s is unknown.".formatted(MODE_PROPERTY, value)
				: "%s has an unknown value.".formatted(MODE_PROPERTY);
		return new ConfigurationException(message,
				"Set %s to one of %s.".formatted(MODE_PROPERTY, String.join(", ", known)));
	}

	private static String propertyValue(Mode mode) {
		return mode.name().toLowerCase(Locale.ROOT).replace('_', '-');
	}

	private static @Nullable String dormantReason(ConfigurableEnvironment environment) {
		if (environment.getProperty(AOT_PROCESSING, Boolean.class, false)) {
			return "ahead-of-time processing touches no database: " + AOT_PROCESSING + " is set";
		}
		if ("onRefresh".equalsIgnoreCase(SpringProperties.getProperty(CONTEXT_EXIT))) {
			return "a training run touches no database: " + CONTEXT_EXIT + " is set";
		}
		return null;
	}

	private static String reasonInSlice(@Nullable Mode requested) {
		String reason = "a test slice of Spring Boot";
		return (requested == null || requested == Mode.SELF) ? reason
				: "%s; %s=%s has no effect in one".formatted(reason, MODE_PROPERTY, propertyValue(requested));
	}

	// Test slices have bootstrappers of their own, all with the same ending
	private static @Nullable String findTestBootstrapper(ConfigurableEnvironment environment) {
		return environment.getPropertySources()
			.stream()
			.filter(EnumerablePropertySource.class::isInstance)
			.map(EnumerablePropertySource.class::cast)
			.flatMap((source) -> Arrays.stream(source.getPropertyNames()))
			.filter((name) -> name.endsWith(TEST_MARKER))
			.filter((name) -> environment.getProperty(name, Boolean.class, false))
			.findFirst()
			.orElse(null);
	}

	// The property has the name of the class that prepares the test
	private static boolean isSlice(String testBootstrapper) {
		Class<?> type = null;
		try {
			type = ClassUtils.forName(testBootstrapper, null);
		}
		catch (ClassNotFoundException | LinkageError ex) {
			// Set by hand: a test, and no slice
		}
		while (type != null && !type.getSimpleName().equals(SLICE_BOOTSTRAPPER)) {
			type = type.getSuperclass();
		}
		return type != null;
	}

	/**
	 * What was detected of the platform.
	 *
	 * @param name the name of the platform that was recognised, or {@code null}
	 * @param reason what it was recognised by, or that it was not
	 * @param deferring whether a process defers there by default
	 */
	record Evidence(@Nullable String name, String reason, boolean deferring) {

		boolean found() {
			return this.name != null;
		}

		static Evidence of(Platform platform, String fact) {
			return of(platform.name(), fact, platform.getRemark());
		}

		static Evidence of(String platform, String fact, @Nullable String remark) {
			String reason = "platform %s: %s".formatted(platform, fact);
			return new Evidence(platform, (remark != null) ? reason + "; " + remark : reason, remark == null);
		}

	}

}
