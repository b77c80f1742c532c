// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway;

import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.governed.Governance;

import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration;
import org.springframework.boot.flyway.autoconfigure.FlywayMigrationInitializer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Role;

/**
 * Auto-configuration that lets Lockkeeper govern Flyway.
 *
 * @since 0.1.0
 */
@AutoConfiguration(before = FlywayAutoConfiguration.class, after = LockkeeperAutoConfiguration.class)
@ConditionalOnClass(FlywayMigrationInitializer.class)
@ConditionalOnBean(Governance.class)
public final class LockkeeperFlywayAutoConfiguration {

	@Bean
	@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
	static FlywayGovernor lockkeeperFlywayGovernor(Governance governance) {
		return new FlywayGovernor(governance);
	}

}
