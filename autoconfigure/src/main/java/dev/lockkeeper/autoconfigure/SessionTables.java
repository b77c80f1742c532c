// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import javax.sql.DataSource;

import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.mode.Mode;

import org.springframework.aot.AotDetector;
import org.springframework.beans.factory.BeanFactoryUtils;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.AutowireCapableBeanFactory;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.BeanDefinitionRegistryPostProcessor;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.boot.autoconfigure.condition.ConditionEvaluationReport;
import org.springframework.boot.autoconfigure.condition.ConditionEvaluationReport.ConditionAndOutcomes;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.session.jdbc.autoconfigure.JdbcSessionDataSourceScriptDatabaseInitializer;
import org.springframework.boot.session.jdbc.autoconfigure.JdbcSessionProperties;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.Environment;
import org.springframework.session.jdbc.config.annotation.SpringSessionDataSource;
import org.springframework.util.ClassUtils;

/**
 * Adds the initializer of the tables of Spring Session to a process that migrates and
 * exits, exactly when the application has it otherwise: Spring Boot configures sessions
 * in a servlet web application, and such a process has no web server. What was processed
 * ahead of time, was so as the web application that it is, and has the bean already.
 */
class SessionTables implements BeanDefinitionRegistryPostProcessor {

	private static final String SESSION = "org.springframework.boot.session.";

	/**
	 * The name is that of Spring Boot: what has run is known by the name of its bean.
	 */
	private static final String BEAN = "jdbcSessionDataSourceScriptDatabaseInitializer";

	private static final String JDBC = SESSION + "jdbc.autoconfigure.JdbcSessionAutoConfiguration";

	/**
	 * Comes before that of JDBC, which is then without effect.
	 */
	private static final String REDIS = SESSION + "data.redis.autoconfigure.SessionDataRedisAutoConfiguration";

	private static final String REDIS_CONNECTION = "org.springframework.data.redis.connection.RedisConnectionFactory";

	private static final String REPOSITORY = "org.springframework.session.SessionRepository";

	private static final String ON_WEB_APPLICATION = "org.springframework.boot.autoconfigure.condition.OnWebApplicationCondition";

	private static final String INITIALIZE = "spring.session.jdbc.initialize-schema";

	private final ConfigurableEnvironment environment;

	SessionTables(ConfigurableEnvironment environment) {
		this.environment = environment;
	}

	@Override
	public void postProcessBeanDefinitionRegistry(BeanDefinitionRegistry registry) {
		// When all other definitions are there
	}

	@Override
	public void postProcessBeanFactory(ConfigurableListableBeanFactory beanFactory) {
		if (!AotDetector.useGeneratedArtifacts() && WithoutWebServer.isServletApplication(this.environment)
				&& isMigrateOnly(beanFactory) && isMissing(beanFactory)
				&& beanFactory instanceof BeanDefinitionRegistry registry) {
			RootBeanDefinition definition = new RootBeanDefinition(SessionTables.class);
			definition.setFactoryMethodName("create");
			definition.setAutowireMode(AutowireCapableBeanFactory.AUTOWIRE_CONSTRUCTOR);
			registry.registerBeanDefinition(BEAN, definition);
		}
	}

	// A contradiction is reported by the bean of the decision
	private boolean isMigrateOnly(ConfigurableListableBeanFactory beanFactory) {
		try {
			return CarriedMode.of(beanFactory).in(this.environment).mode() == Mode.MIGRATE_ONLY;
		}
		catch (LockkeeperException ex) {
			return false;
		}
	}

	private boolean isMissing(ConfigurableListableBeanFactory beanFactory) {
		boolean otherStore = hasBean(REPOSITORY, beanFactory)
				|| (hasBean(REDIS_CONNECTION, beanFactory) && lacksOnlyTheWebServer(REDIS, beanFactory));
		return lacksOnlyTheWebServer(JDBC, beanFactory) && !otherStore
				&& hasBean(DataSource.class.getName(), beanFactory)
				&& !hasBean(JdbcSessionDataSourceScriptDatabaseInitializer.class.getName(), beanFactory)
				&& !"never".equalsIgnoreCase(this.environment.getProperty(INITIALIZE));
	}

	private static boolean hasBean(String type, ConfigurableListableBeanFactory beanFactory) {
		ClassLoader classLoader = beanFactory.getBeanClassLoader();
		return ClassUtils.isPresent(type, classLoader)
				&& BeanFactoryUtils.beanNamesForTypeIncludingAncestors(beanFactory,
						ClassUtils.resolveClassName(type, classLoader), true, false).length > 0;
	}

	// An auto-configuration that is not on the class path, or excluded, is not in the
	// report
	private static boolean lacksOnlyTheWebServer(String autoConfiguration,
			ConfigurableListableBeanFactory beanFactory) {
		ConditionAndOutcomes conditions = ConditionEvaluationReport.get(beanFactory)
			.getConditionAndOutcomesBySource()
			.get(autoConfiguration);
		return conditions != null && !conditions.isFullMatch()
				&& conditions.stream()
					.allMatch((condition) -> condition.getOutcome().isMatch()
							|| condition.getCondition().getClass().getName().equals(ON_WEB_APPLICATION));
	}

	/**
	 * Create the initializer, as Spring Boot does.
	 */
	static JdbcSessionDataSourceScriptDatabaseInitializer create(
			@SpringSessionDataSource ObjectProvider<DataSource> sessionDataSource,
			ObjectProvider<DataSource> dataSource, Environment environment) {
		return new JdbcSessionDataSourceScriptDatabaseInitializer(
				sessionDataSource.getIfAvailable(dataSource::getObject),
				Binder.get(environment).bindOrCreate("spring.session.jdbc", JdbcSessionProperties.class));
	}

}
