// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.command;

import java.io.IOException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.core.env.CommandLinePropertySource;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.util.ClassUtils;
import org.springframework.util.StreamUtils;

/**
 * The names without a dot that the application binds, as far as this can be known before
 * there are beans: those that its configuration has or refers to, and those of its
 * configuration metadata.
 */
final class BoundNames {

	private static final String METADATA = "META-INF/spring-configuration-metadata.json";

	/**
	 * What is there does not have to be meant for the application.
	 */
	private static final Set<String> OF_MACHINE = Set.of(StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
			StandardEnvironment.SYSTEM_PROPERTIES_PROPERTY_SOURCE_NAME,
			CommandLinePropertySource.COMMAND_LINE_PROPERTY_SOURCE_NAME);

	private final ConfigurableEnvironment environment;

	BoundNames(ConfigurableEnvironment environment) {
		this.environment = environment;
	}

	boolean contains(String name) {
		Pattern reference = Pattern.compile("\\$\\{\\s*%s\\s*[:}]".formatted(Pattern.quote(name)));
		return this.environment.getPropertySources()
			.stream()
			.filter((source) -> !ConfigurationPropertySources.isAttachedConfigurationPropertySource(source))
			.anyMatch((source) -> has(source, name) || refers(source, reference)) || isInMetadata(name);
	}

	private static boolean has(PropertySource<?> source, String name) {
		return !OF_MACHINE.contains(source.getName()) && source.containsProperty(name);
	}

	private static boolean refers(PropertySource<?> source, Pattern reference) {
		return source instanceof EnumerablePropertySource<?> enumerable
				&& List.of(enumerable.getPropertyNames()).stream().anyMatch((key) -> {
					Object value = enumerable.getProperty(key);
					return value instanceof CharSequence text && reference.matcher(text).find();
				});
	}

	private static boolean isInMetadata(String name) {
		Pattern entry = Pattern
			.compile("\"name\"\\s*:\\s*\"%s\"".formatted(Pattern.quote(name.toLowerCase(Locale.ROOT))));
		try {
			ClassLoader classLoader = ClassUtils.getDefaultClassLoader();
			List<URL> files = (classLoader != null) ? Collections.list(classLoader.getResources(METADATA)) : List.of();
			for (URL file : files) {
				if (entry.matcher(StreamUtils.copyToString(file.openStream(), StandardCharsets.UTF_8)).find()) {
					return true;
				}
			}
			return false;
		}
		catch (IOException ex) {
			return false;
		}
	}

}
