// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.lang.reflect.Field;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.lockkeeper.autoconfigure.LockkeeperProperties.UnknownKeys;
import dev.lockkeeper.command.CommandLine;
import dev.lockkeeper.command.NearestName;
import dev.lockkeeper.exit.ConfigurationException;
import dev.lockkeeper.exit.UsageException;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.redaction.Redaction;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.DataObjectPropertyName;
import org.springframework.boot.context.properties.bind.Name;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.core.env.CommandLinePropertySource;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.util.ReflectionUtils;
import org.springframework.util.StringUtils;

/**
 * Finds settings of Lockkeeper that do not exist. A process with a misspelt one runs with
 * the default: it migrates, for instance, in place of waiting. No message shows a value:
 * it may be a password.
 */
final class UnknownSettings {

	private static final Log logger = LogFactory.getLog(UnknownSettings.class);

	private static final ConfigurationPropertyName PREFIX = ConfigurationPropertyName.of("lockkeeper");

	private static final String VARIABLES = "LOCKKEEPER_";

	/**
	 * Kubernetes sets such variables in each pod of a namespace that has a service of
	 * this name.
	 */
	private static final List<String> OF_SERVICE = List.of("LOCKKEEPER_PORT", "LOCKKEEPER_SERVICE_");

	private static final Pattern DASHED = Pattern.compile("\\p{Pd}+(lockkeeper\\.[a-zA-Z.-]+).*");

	private final Set<ConfigurationPropertyName> names = new HashSet<>();

	private final Set<ConfigurationPropertyName> groups = new HashSet<>();

	private final Set<String> keys = new TreeSet<>();

	private final Set<String> variables = new TreeSet<>();

	private UnknownSettings() {
		collect(PREFIX.toString(), LockkeeperProperties.class);
	}

	// A variable has no dash, or an underscore in its place
	private void collect(String prefix, Class<?> type) {
		for (RecordComponent component : type.getRecordComponents()) {
			String key = prefix + "." + name(type, component);
			if (component.getType().isRecord()) {
				this.groups.add(ConfigurationPropertyName.of(key));
				collect(key, component.getType());
			}
			else {
				this.names.add(ConfigurationPropertyName.of(key));
				this.keys.add(key);
				String variable = key.toUpperCase(Locale.ROOT).replace('.', '_');
				this.variables.add(variable.replace("-", ""));
				this.variables.add(variable.replace('-', '_'));
			}
		}
	}

	private static String name(Class<?> type, RecordComponent component) {
		Field field = ReflectionUtils.findField(type, component.getName());
		Name name = (field != null) ? field.getAnnotation(Name.class) : null;
		return (name != null) ? name.value() : DataObjectPropertyName.toDashedForm(component.getName());
	}

	/**
	 * Check for settings that do not exist.
	 * @param environment the environment
	 * @throws UsageException when one is on the command line
	 * @throws ConfigurationException when one is elsewhere, and shall end the process
	 */
	static void check(ConfigurableEnvironment environment) {
		UnknownKeys handling = Binder.get(environment)
			.bind("lockkeeper.unknown-keys", UnknownKeys.class)
			.orElse(UnknownKeys.WARN);
		UnknownSettings settings = new UnknownSettings();
		List<Unknown> found = new ArrayList<>();
		for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
			if (source.getUnderlyingSource() instanceof SystemEnvironmentPropertySource variables) {
				found.addAll(settings.findIn(variables));
			}
			else if (source instanceof IterableConfigurationPropertySource iterable) {
				found.addAll(settings.findIn(iterable));
			}
		}
		settings.refuseStrayArguments(environment);
		for (Unknown unknown : found) {
			if (unknown.onCommandLine()) {
				throw new UsageException("The setting %s on the command line is unknown.".formatted(unknown.name()),
						unknown.action() + ".");
			}
		}
		for (Unknown unknown : found) {
			if (handling == UnknownKeys.FAIL && unknown.ours()) {
				throw new ConfigurationException(
						"The setting %s is unknown (%s).".formatted(unknown.name(), unknown.origin()),
						unknown.action() + ".");
			}
			logger.warn(Redaction.redact("lockkeeper - a setting that does not exist has no effect (%s, %s); %s"
				.formatted(unknown.name(), unknown.origin(), StringUtils.uncapitalize(unknown.action()))));
		}
	}

	// Spring Boot takes none of these for a setting
	private void refuseStrayArguments(ConfigurableEnvironment environment) {
		CommandLine commandLine = CommandLine.of(environment);
		List<String> arguments = commandLine.getNonOptionArguments();
		for (String argument : arguments) {
			if (argument.startsWith("-D" + PREFIX + ".")) {
				throw new UsageException("A system property of Lockkeeper is among the arguments of the application: "
						+ "the JVM ignores it there.", "Put it before -jar, or use two dashes in place of -D.");
			}
			Matcher dashed = DASHED.matcher(argument);
			if (dashed.matches()) {
				String key = dashed.group(1);
				throw argument.startsWith("--" + key) ? CommandLine.afterOptions(key) : new UsageException(
						"%s must begin with two dashes.".formatted(key), "Use --%s.".formatted(key));
			}
		}
		for (String key : this.keys) {
			if (!arguments.isEmpty() && "".equals(commandLine.get(key))) {
				throw new UsageException(
						"--%s has no value: what stands behind a space is an argument of its own.".formatted(key),
						"Use --%s=VALUE.".formatted(key));
			}
		}
	}

	private List<Unknown> findIn(IterableConfigurationPropertySource source) {
		boolean commandLine = source.getUnderlyingSource() instanceof PropertySource<?> underlying
				&& CommandLinePropertySource.COMMAND_LINE_PROPERTY_SOURCE_NAME.equals(underlying.getName());
		List<Unknown> found = new ArrayList<>();
		for (ConfigurationPropertyName name : source) {
			if (this.names.contains(name)) {
				continue;
			}
			// A name that does not begin with our prefix may belong to another product
			boolean ours = PREFIX.isAncestorOf(name);
			String nearest = ours ? NearestName.find(name.toString(), this.keys, half(name.toString()))
					: findForeign(name.toString());
			ConfigurationProperty property = (ours || nearest != null) ? source.getConfigurationProperty(name) : null;
			if (property == null || (this.groups.contains(name) && "".equals(property.getValue()))) {
				continue;
			}
			String origin = (property.getOrigin() != null) ? property.getOrigin().toString() : "no known place";
			found.add(new Unknown(name.toString(), origin, nearest, true, commandLine));
		}
		return found;
	}

	// The spelling of a variable is none elsewhere, and loses its underscores
	private @Nullable String findForeign(String name) {
		return this.keys.stream()
			.filter((key) -> key.replaceAll("[.-]", "").equals(name))
			.findFirst()
			.orElseGet(() -> NearestName.find(name, this.keys, NearestName.EDITS));
	}

	private static int half(String name) {
		return Math.max(NearestName.EDITS, (name.length() - PREFIX.toString().length()) / 2);
	}

	private List<Unknown> findIn(SystemEnvironmentPropertySource source) {
		List<Unknown> found = new ArrayList<>();
		for (String name : source.getPropertyNames()) {
			String variable = name.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
			if (this.variables.contains(variable) || OF_SERVICE.stream().anyMatch(variable::startsWith)) {
				continue;
			}
			String nearest = NearestName.find(variable, this.variables, NearestName.EDITS);
			boolean ours = nearest != null;
			if (nearest == null && variable.startsWith(VARIABLES)) {
				nearest = NearestName.findLonger(variable, this.variables, VARIABLES);
			}
			if (nearest != null) {
				found.add(new Unknown(name, "environment variable", nearest, ours, false));
			}
		}
		return found;
	}

	/**
	 * A setting that does not exist.
	 *
	 * @param name its name
	 * @param origin where it is set
	 * @param nearest the name that comes nearest, if any does
	 * @param ours whether it is meant for Lockkeeper beyond doubt
	 * @param onCommandLine whether it is set on the command line
	 */
	private record Unknown(String name, String origin, @Nullable String nearest, boolean ours, boolean onCommandLine) {

		String action() {
			return (this.nearest != null) ? "Use %s in its place, or remove %s".formatted(this.nearest, this.name)
					: "Remove it";
		}

	}

}
