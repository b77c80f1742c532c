// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.sql.autoconfigure.init.ApplicationScriptDatabaseInitializer;
import org.springframework.boot.sql.autoconfigure.init.SqlInitializationProperties;
import org.springframework.boot.sql.init.DatabaseInitializationMode;
import org.springframework.boot.sql.init.DatabaseInitializationSettings;
import org.springframework.core.env.Environment;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;
import org.springframework.core.io.support.ResourcePatternResolver;

/**
 * The scripts of {@code spring.sql.init}.
 */
final class ApplicationScripts {

	private static final String OPTIONAL = "optional:";

	private ApplicationScripts() {
	}

	/**
	 * Return the scripts that Spring Boot would execute on a database that is not
	 * embedded.
	 */
	static List<String> find(Environment environment, @Nullable ClassLoader classLoader) {
		DatabaseInitializationSettings settings = ApplicationScriptDatabaseInitializer
			.getSettings(Binder.get(environment).bindOrCreate("spring.sql.init", SqlInitializationProperties.class));
		if (settings.getMode() != DatabaseInitializationMode.ALWAYS) {
			return List.of();
		}
		ResourcePatternResolver resolver = new PathMatchingResourcePatternResolver(classLoader);
		return Stream.of(settings.getSchemaLocations(), settings.getDataLocations())
			.filter(Objects::nonNull)
			.flatMap(List::stream)
			.flatMap((location) -> resolve(location, resolver))
			.map(Resource::getFilename)
			.filter(Objects::nonNull)
			.toList();
	}

	// What cannot be resolved, Spring Boot reports
	private static Stream<Resource> resolve(String location, ResourcePatternResolver resolver) {
		try {
			String pattern = location.startsWith(OPTIONAL) ? location.substring(OPTIONAL.length()) : location;
			return Arrays.stream(resolver.getResources(pattern)).filter(Resource::isReadable);
		}
		catch (IOException ex) {
			return Stream.empty();
		}
	}

}
