// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import dev.lockkeeper.migration.EngineIntegration;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.mode.ModeDecision;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.beans.factory.BeanFactoryInitializer;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.util.ClassUtils;

/**
 * Warns, before any bean is created, when a process that is not to migrate has a Flyway
 * that nothing governs: it migrates as Spring Boot has it.
 */
class UngovernedFlyway implements BeanFactoryInitializer<ConfigurableListableBeanFactory> {

	private static final Log logger = LogFactory.getLog(UngovernedFlyway.class);

	private static final String INITIALIZER = "org.springframework.boot.flyway.autoconfigure.FlywayMigrationInitializer";

	@Override
	public void initialize(ConfigurableListableBeanFactory beanFactory) {
		ModeDecision decision = beanFactory.getBean(ModeDecision.class);
		ClassLoader classLoader = getClass().getClassLoader();
		if (!decision.enabled() || decision.mode() == Mode.SELF || !ClassUtils.isPresent(INITIALIZER, classLoader)) {
			return;
		}
		Class<?> type = ClassUtils.resolveClassName(INITIALIZER, classLoader);
		String[] beans = beanFactory.getBeanNamesForType(type, true, false);
		boolean governed = Engines.ALL.engines().stream().map(EngineIntegration::engine).anyMatch("Flyway"::equals);
		if (!governed && beans.length > 0) {
			logger.warn(
					("lockkeeper - Flyway is not governed, and migrates wherever its beans are created (%s; bean %s); "
							+ "add lockkeeper-spring-boot-starter-flyway, or set spring.flyway.enabled=false")
						.formatted(decision, String.join(", ", beans)));
		}
	}

}
