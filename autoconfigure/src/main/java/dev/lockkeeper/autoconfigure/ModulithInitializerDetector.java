// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanFactoryUtils;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.sql.init.dependency.DatabaseInitializerDetector;
import org.springframework.core.Ordered;
import org.springframework.util.ClassUtils;
import org.springframework.util.StringUtils;

/**
 * Orders the initializer of Modulith's event tables after all others, and before the
 * repository that uses the tables. Modulith 2.1 has a detector of its own, whose beans
 * are not to be detected twice: one would depend on itself. The initializer of Modulith
 * 2.0 is given a {@code JdbcTemplate}, which depends on each initializer that is
 * detected; so it is not named as one.
 */
class ModulithInitializerDetector implements DatabaseInitializerDetector {

	private static final String PACKAGE = "org.springframework.modulith.events.";

	private static final String INITIALIZER = PACKAGE + "jdbc.DatabaseSchemaInitializer";

	private static final String REPOSITORY = PACKAGE + "core.EventPublicationRepository";

	private static final String DETECTOR = PACKAGE + "jdbc.ModulithDatabaseInitializerDetector";

	@Override
	public Set<String> detect(ConfigurableListableBeanFactory beanFactory) {
		return Set.of();
	}

	@Override
	public void detectionComplete(ConfigurableListableBeanFactory beanFactory, Set<String> initializers) {
		if (ClassUtils.isPresent(DETECTOR, beanFactory.getBeanClassLoader())) {
			return;
		}
		Set<String> ours = namesOf(INITIALIZER, beanFactory);
		if (ours.isEmpty()) {
			return;
		}
		ours.forEach((name) -> addDependencies(beanFactory, name, initializers));
		namesOf(REPOSITORY, beanFactory).forEach((name) -> addDependencies(beanFactory, name, ours));
	}

	@Override
	public int getOrder() {
		return Ordered.LOWEST_PRECEDENCE - 50;
	}

	private static Set<String> namesOf(String type, ConfigurableListableBeanFactory beanFactory) {
		ClassLoader classLoader = beanFactory.getBeanClassLoader();
		Set<String> names = new LinkedHashSet<>();
		if (ClassUtils.isPresent(type, classLoader)) {
			for (String name : beanFactory.getBeanNamesForType(ClassUtils.resolveClassName(type, classLoader), true,
					false)) {
				names.add(BeanFactoryUtils.transformedBeanName(name));
			}
		}
		return names;
	}

	private static void addDependencies(ConfigurableListableBeanFactory beanFactory, String name,
			Set<String> dependencies) {
		if (!beanFactory.containsBeanDefinition(name)) {
			return;
		}
		BeanDefinition definition = beanFactory.getBeanDefinition(name);
		String @Nullable [] known = definition.getDependsOn();
		Set<String> all = new LinkedHashSet<>((known != null) ? List.of(known) : List.of());
		all.addAll(dependencies);
		definition.setDependsOn(StringUtils.toStringArray(all));
	}

}
