// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway;

import java.util.List;

import dev.lockkeeper.migration.EngineIntegration;
import dev.lockkeeper.migration.EngineIntegrationProvider;
import org.flywaydb.core.Flyway;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.flyway.autoconfigure.FlywayMigrationInitializer;
import org.springframework.util.ClassUtils;

/**
 * How an application declares schemas that Flyway migrates.
 */
class FlywayIntegration implements EngineIntegrationProvider {

	private static final List<String> TYPES = List.of("org.flywaydb.core.Flyway",
			"org.springframework.boot.flyway.autoconfigure.FlywayMigrationInitializer");

	@Override
	public @Nullable EngineIntegration find(@Nullable ClassLoader classLoader) {
		return TYPES.stream().allMatch((type) -> ClassUtils.isPresent(type, classLoader)) ? Description.of() : null;
	}

	@Override
	public @Nullable String explain(Throwable failure) {
		return (find(getClass().getClassLoader()) != null) ? FlywayFailures.ofSettings(failure) : null;
	}

	/**
	 * A class of its own, because it loads only where Flyway is.
	 */
	private static final class Description {

		static EngineIntegration of() {
			return new EngineIntegration("Flyway", List.of(FlywayMigrationInitializer.class, Flyway.class),
					"a migration", "spring.flyway", "none of its Flyway beans migrates when it is initialised",
					"Set spring.flyway.url beside spring.flyway.user: Spring Boot then opens a data source of its own "
							+ "for Flyway. Or declare a data source with @FlywayDataSource.");
		}

	}

}
