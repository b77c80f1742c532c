// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.util.List;
import java.util.stream.Stream;

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
	 * Return the types of the beans that are governed, subclasses included.
	 */
	static Stream<Class<?>> beanTypes() {
		return ALL.stream().flatMap((engine) -> engine.beanTypes().stream());
	}

}
