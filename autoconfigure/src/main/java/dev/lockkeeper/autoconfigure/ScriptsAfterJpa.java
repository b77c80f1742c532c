// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.mode.ModeDecision;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanFactoryUtils;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.jdbc.init.DataSourceScriptDatabaseInitializer;
import org.springframework.boot.jdbc.init.PropertiesBasedDataSourceScriptDatabaseInitializer;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.util.ClassUtils;

/**
 * Lets a process that migrates and exits do so without JPA, although
 * {@code spring.jpa.defer-datasource-initialization} makes every initializer, Liquibase
 * included, depend on the {@code EntityManagerFactory}. The scripts of the application
 * may need tables that JPA creates, and which of them do cannot be told: they are left
 * out of that process, and of one that defers.
 */
class ScriptsAfterJpa implements BeanFactoryPostProcessor {

	private static final String PROPERTY = "spring.jpa.defer-datasource-initialization";

	private static final String JPA = "jakarta.persistence.EntityManagerFactory";

	private static final String LEFT_OUT = ScriptsAfterJpa.class.getName() + ".leftOut";

	private final ConfigurableEnvironment environment;

	ScriptsAfterJpa(ConfigurableEnvironment environment) {
		this.environment = environment;
	}

	/**
	 * Return whether the scripts of an initializer are left out of this process.
	 */
	static boolean isLeftOut(ConfigurableListableBeanFactory beanFactory, String bean) {
		return beanFactory.containsBeanDefinition(bean) && beanFactory.getBeanDefinition(bean).hasAttribute(LEFT_OUT);
	}

	@Override
	public void postProcessBeanFactory(ConfigurableListableBeanFactory beanFactory) {
		ModeDecision decision = findDecision(beanFactory);
		if (decision == null || !decision.enabled() || !decision.databaseAllowed() || decision.mode() == Mode.SELF
				|| !this.environment.getProperty(PROPERTY, Boolean.class, false)) {
			return;
		}
		Set<String> jpa = findJpa(beanFactory);
		if (jpa.isEmpty()) {
			return;
		}
		if (decision.mode() == Mode.MIGRATE_ONLY) {
			removeDependencies(beanFactory, jpa);
		}
		leaveOut(beanFactory);
	}

	// A contradiction is reported by the bean of the decision
	private @Nullable ModeDecision findDecision(ConfigurableListableBeanFactory beanFactory) {
		try {
			return CarriedMode.of(beanFactory).in(this.environment);
		}
		catch (LockkeeperException ex) {
			return null;
		}
	}

	private static Set<String> findJpa(ConfigurableListableBeanFactory beanFactory) {
		ClassLoader classLoader = beanFactory.getBeanClassLoader();
		return ClassUtils.isPresent(JPA, classLoader)
				? namesOf(ClassUtils.resolveClassName(JPA, classLoader), beanFactory) : Set.of();
	}

	private static Set<String> namesOf(Class<?> type, ConfigurableListableBeanFactory beanFactory) {
		return Arrays.stream(beanFactory.getBeanNamesForType(type, true, false))
			.map(BeanFactoryUtils::transformedBeanName)
			.collect(Collectors.toCollection(LinkedHashSet::new));
	}

	// Of all beans: an initializer may need another one that waits for the initializers
	private static void removeDependencies(ConfigurableListableBeanFactory beanFactory, Set<String> jpa) {
		for (String name : beanFactory.getBeanDefinitionNames()) {
			BeanDefinition definition = beanFactory.getBeanDefinition(name);
			String @Nullable [] dependencies = definition.getDependsOn();
			if (dependencies != null) {
				List<String> others = new ArrayList<>(List.of(dependencies));
				if (others.removeAll(jpa)) {
					definition.setDependsOn(others.toArray(String[]::new));
				}
			}
		}
	}

	private static void leaveOut(ConfigurableListableBeanFactory beanFactory) {
		Set<String> beans = namesOf(DataSourceScriptDatabaseInitializer.class, beanFactory);
		beans.removeAll(namesOf(PropertiesBasedDataSourceScriptDatabaseInitializer.class, beanFactory));
		beans.stream()
			.filter(beanFactory::containsBeanDefinition)
			.forEach((bean) -> beanFactory.getBeanDefinition(bean).setAttribute(LEFT_OUT, true));
	}

}
