// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.mode;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import dev.lockkeeper.exit.ConfigurationException;
import dev.lockkeeper.exit.ServletContainer;
import dev.lockkeeper.exit.UsageException;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.SpringProperties;
import org.springframework.core.env.CommandLinePropertySource;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.util.ClassUtils;
import org.springframework.util.StringUtils;

/**
 * Decides the mode from what the environment says. The decision depends on nothing else,
 * so the same environment always gets the same one.
 *
 * @since 0.1.0
 */
public final class ModeResolver {

	/**
	 * The flag that makes a process migrate and exit.
	 */
	public static final String MIGRATE_ONLY_FLAG = "migrate-only";

	/**
	 * The key of the explicit mode.
	 */
	public static final String MODE_PROPERTY = "lockkeeper.mode";

	/**
	 * The key that switches Lockkeeper off.
	 */
	public static final String ENABLED_PROPERTY = "lockkeeper.enabled";

	/**
	 * The variables by which functions are recognised.
	 */
	public static final List<String> FUNCTION_VARIABLES = Platform.functions()
		.stream()
		.flatMap(Platform::variables)
		.toList();

	private static final List<String> LOST_FORMS = List.of("--" + MIGRATE_ONLY_FLAG, "--" + MIGRATE_ONLY_FLAG + "=true",
			"--" + MODE_PROPERTY + "=migrate-only");

	/**
	 * A flag behind one dash, or behind those that word processors make of two.
	 */
	private static final Pattern DASHED = Pattern.compile("\\p{Pd}+([a-z-]+)(=.*)?");

	private static final String TEST_MARKER = "TestContextBootstrapper";

	private static final String SLICE_BOOTSTRAPPER = "TestSliceTestContextBootstrapper";

	private static final String AOT_PROCESSING = "spring.aot.processing";

	/**
	 * By default a startup probe of Cloud Run and of Azure Container Apps and a health
	 * check of Cloud Foundry only connect, Heroku waits until the port is bound, and App
	 * Service takes any answer: so their documentation, in November 2026.
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
	 * @return the decision
	 * @throws UsageException when flags and settings contradict each other
	 * @throws ConfigurationException when the value of a setting is unknown
	 */
	public static ModeDecision resolve(ConfigurableEnvironment environment) {
		String testBootstrapper = findTestBootstrapper(environment);
		boolean test = testBootstrapper != null;
		Evidence platform = PlatformDetector.detect(environment);
		boolean migrateOnlyFlag = hasMigrateOnlyFlag(environment);
		Mode configured = configuredMode(environment);
		// A main with a spelling of its own may have set the mode
		if (configured != Mode.MIGRATE_ONLY && isEnabled(environment)) {
			refuseMisspelt(environment, List.of(MIGRATE_ONLY_FLAG));
		}
		if (migrateOnlyFlag && configured != null && configured != Mode.MIGRATE_ONLY) {
			throw new UsageException(
					"--%s and %s=%s contradict each other.".formatted(MIGRATE_ONLY_FLAG, MODE_PROPERTY,
							propertyValue(configured)),
					"Remove one of the two: --%s migrates and exits, %s=%s does not.".formatted(MIGRATE_ONLY_FLAG,
							MODE_PROPERTY, propertyValue(configured)));
		}
		String dormant = dormantReason(environment);
		if (dormant != null) {
			Mode mode = (configured != null) ? configured : Mode.SELF;
			return new ModeDecision((mode != Mode.MIGRATE_ONLY) ? mode : Mode.SELF, dormant, platform.found(), test,
					false);
		}
		if (testBootstrapper != null && isSlice(testBootstrapper)) {
			return new ModeDecision(Mode.SELF, reasonInSlice(migrateOnlyFlag ? Mode.MIGRATE_ONLY : configured),
					platform.found(), true, true);
		}
		boolean migrateOnly = migrateOnlyFlag || configured == Mode.MIGRATE_ONLY;
		if (migrateOnly && !isEnabled(environment)) {
			throw new UsageException("The process was to migrate and exit, but %s=false.".formatted(ENABLED_PROPERTY),
					"Remove %s=false for this process.".formatted(ENABLED_PROPERTY));
		}
		if (migrateOnly && ServletContainer.isAround(environment)) {
			throw new UsageException(
					"An application in a servlet container cannot migrate and exit: the process is not its own.",
					"Remove %s=%s here, and start the WAR as a process of its own to migrate: java -jar application.war "
						.formatted(MODE_PROPERTY, propertyValue(Mode.MIGRATE_ONLY)) + "--" + MIGRATE_ONLY_FLAG);
		}
		if (migrateOnlyFlag) {
			return new ModeDecision(Mode.MIGRATE_ONLY, "--" + MIGRATE_ONLY_FLAG + " is set", platform.found(), test,
					true);
		}
		if (configured != null) {
			boolean once = configured == Mode.DEFER && !test;
			return new ModeDecision(configured, "%s is set to %s".formatted(MODE_PROPERTY, propertyValue(configured)),
					platform.found(), test, true, once ? OneOffProcess.find(platform.name(), environment) : null);
		}
		if (test) {
			return new ModeDecision(Mode.SELF, "a test of Spring Boot's test support", platform.found(), true, true);
		}
		return new ModeDecision(platform.deferring() ? Mode.DEFER : Mode.SELF, platform.reason(), platform.found(),
				false, true, platform.deferring() ? OneOffProcess.find(platform.name(), environment) : null);
	}

	/**
	 * Return whether Lockkeeper is switched on.
	 * @param environment the environment
	 * @return whether it is, also when nothing is said
	 * @throws ConfigurationException when the setting is neither true nor false
	 */
	public static boolean isEnabled(ConfigurableEnvironment environment) {
		try {
			return Binder.get(environment).bind(ENABLED_PROPERTY, Boolean.class).orElse(true);
		}
		catch (BindException ex) {
			throw ConfigurationException.of(ex);
		}
	}

	/**
	 * Return whether the flag {@code --migrate-only} is set. Only the command line
	 * counts: an environment variable that happens to have the same name does not.
	 * @param environment the environment
	 * @return whether it is set
	 * @throws UsageException when its value is neither empty nor a boolean
	 */
	public static boolean hasMigrateOnlyFlag(ConfigurableEnvironment environment) {
		String value = getFlag(environment, MIGRATE_ONLY_FLAG);
		if (value == null) {
			return false;
		}
		return switch (value.trim().toLowerCase(Locale.ROOT)) {
			case "", "true" -> true;
			case "false" -> false;
			default -> throw new UsageException(
					ConfigurationException.isShown(value, List.of("true", "false"))
							? "--%s=%s is unknown.".formatted(MIGRATE_ONLY_FLAG, value)
							: "--%s has an unknown value.".formatted(MIGRATE_ONLY_FLAG),
					"Use --%s without a value.".formatted(MIGRATE_ONLY_FLAG));
		};
	}

	/**
	 * Return the value that a flag has on the command line, and nowhere else.
	 * @param environment the environment
	 * @param name the name of the flag
	 * @return the value, empty for a flag without one, or {@code null} when it is not set
	 */
	public static @Nullable String getFlag(ConfigurableEnvironment environment, String name) {
		PropertySource<?> commandLine = environment.getPropertySources()
			.get(CommandLinePropertySource.COMMAND_LINE_PROPERTY_SOURCE_NAME);
		Object value = (commandLine != null) ? commandLine.getProperty(name) : null;
		return (value != null) ? value.toString() : null;
	}

	/**
	 * Return the arguments on the command line that Spring Boot takes for no option.
	 * @param environment the environment
	 * @return the arguments; one that contains a comma counts as several
	 */
	public static List<String> getNonOptionArguments(ConfigurableEnvironment environment) {
		String arguments = getFlag(environment, CommandLinePropertySource.DEFAULT_NON_OPTION_ARGS_PROPERTY_NAME);
		return List.of(StringUtils.commaDelimitedListToStringArray((arguments != null) ? arguments : ""));
	}

	/**
	 * Refuse what was meant to be one of some flags.
	 * @param environment the environment
	 * @param flags the names of the flags
	 * @throws UsageException when the command line has a flag that is at most two edits
	 * away from one of them, or one of them behind a dash of another kind
	 */
	public static void refuseMisspelt(ConfigurableEnvironment environment, List<String> flags) {
		if (!(environment.getPropertySources()
			.get(CommandLinePropertySource.COMMAND_LINE_PROPERTY_SOURCE_NAME) instanceof EnumerablePropertySource<?> commandLine)) {
			return;
		}
		for (String name : commandLine.getPropertyNames()) {
			String nearest = NearestName.find(name, flags, NearestName.EDITS);
			if (nearest != null) {
				throw unknownFlag("--" + name, nearest);
			}
		}
		for (String argument : getNonOptionArguments(environment)) {
			Matcher dashed = DASHED.matcher(argument);
			if (dashed.matches() && flags.contains(dashed.group(1))) {
				throw argument.startsWith("--" + dashed.group(1)) ? afterOptions(dashed.group(1))
						: unknownFlag(argument, dashed.group(1));
			}
		}
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

	private static UsageException unknownFlag(String argument, String nearest) {
		return new UsageException("%s is unknown.".formatted(argument), "Use --%s.".formatted(nearest));
	}

	/**
	 * Refuse to go on when the process was started to migrate and exit, and the flag has
	 * not reached Spring Boot.
	 * @param decision the mode
	 * @param arguments the arguments of the process
	 * @param handedOn what {@code main} has handed on to Spring Boot
	 * @throws UsageException when the flag, or the mode, is among the arguments of a
	 * process that is in another mode
	 */
	public static void requireArrival(ModeDecision decision, ProcessArguments arguments, ProcessArguments handedOn) {
		if (decision.mode() == Mode.MIGRATE_ONLY || decision.test() || !decision.databaseAllowed()) {
			return;
		}
		String lost = arguments.find(LOST_FORMS);
		if (lost != null) {
			throw lost(lost, decision, handedOn);
		}
	}

	/**
	 * Return what to throw when an argument of the process has not reached Spring Boot.
	 * @param argument the argument
	 * @param decision the mode
	 * @param handedOn what {@code main} has handed on to Spring Boot
	 * @return the exception
	 */
	public static UsageException lost(String argument, ModeDecision decision, ProcessArguments handedOn) {
		String message = "%s is an argument of the process, but Spring Boot does not know of it: the process is in %s."
			.formatted(argument, decision);
		if (handedOn.contains(argument)) {
			return new UsageException(message,
					"Remove setAddCommandLineProperties(false), which keeps arguments from the environment.");
		}
		return new UsageException(message, "Let main hand its arguments on: SpringApplication.run(Application.class, "
				+ "args), or in Kotlin runApplication<Application>(*args).");
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

	private static @Nullable Mode configuredMode(ConfigurableEnvironment environment) {
		String value = Binder.get(environment).bind(MODE_PROPERTY, String.class).orElse(AUTO);
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

	private static String reasonInSlice(@Nullable Mode asked) {
		String reason = "a test slice of Spring Boot";
		return (asked == null || asked == Mode.SELF) ? reason
				: "%s; %s=%s has no effect in one".formatted(reason, MODE_PROPERTY, propertyValue(asked));
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
	 * What was found out about the platform.
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
