// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.util.List;

import dev.lockkeeper.migration.EngineIntegration;
import dev.lockkeeper.migration.EngineIntegrationProvider;
import liquibase.integration.spring.MultiTenantSpringLiquibase;
import liquibase.integration.spring.SpringLiquibase;
import org.jspecify.annotations.Nullable;

import org.springframework.util.ClassUtils;

/**
 * How an application declares schemas that Liquibase migrates.
 */
class LiquibaseIntegration implements EngineIntegrationProvider {

	private static final String BEAN = "liquibase.integration.spring.SpringLiquibase";

	@Override
	public @Nullable EngineIntegration find(@Nullable ClassLoader classLoader) {
		return ClassUtils.isPresent(BEAN, classLoader) ? Description.of() : null;
	}

	/**
	 * A class of its own, because it loads only where Liquibase is.
	 */
	private static final class Description {

		static EngineIntegration of() {
			return new EngineIntegration("Liquibase", List.of(SpringLiquibase.class, MultiTenantSpringLiquibase.class),
					"a changelog", "spring.liquibase", "liquibase.shouldRun is false for its Liquibase beans",
					"Set spring.liquibase.url beside spring.liquibase.user: Spring Boot then opens a data source of "
							+ "its own for Liquibase. Or declare a data source with @LiquibaseDataSource.");
		}

	}

}
