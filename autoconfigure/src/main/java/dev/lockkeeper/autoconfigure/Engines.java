// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import dev.lockkeeper.connection.OwnDataSource;
import dev.lockkeeper.liquibase.LiquibaseGovernor;
import dev.lockkeeper.migration.EngineIntegration;

/**
 * The engines whose schemas are governed.
 */
final class Engines {

	static final List<EngineIntegration> ALL = List.of(LiquibaseGovernor.INTEGRATION);

	private Engines() {
	}

	/**
	 * Return how an application gives its engines a data source of their own.
	 */
	static OwnDataSource ownDataSource() {
		return new OwnDataSource(join(" or ", EngineIntegration::engine),
				join(" or ", EngineIntegration::getUrlProperty), join(" ", EngineIntegration::ownDataSource));
	}

	private static String join(String delimiter, Function<EngineIntegration, String> words) {
		return ALL.stream().map(words).collect(Collectors.joining(delimiter));
	}

	/**
	 * Return the types of the beans that are governed, subclasses included.
	 */
	static Stream<Class<?>> beanTypes() {
		return ALL.stream().flatMap((engine) -> engine.beanTypes().stream());
	}

}
