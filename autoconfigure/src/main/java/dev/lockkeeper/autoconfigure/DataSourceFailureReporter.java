// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.util.Arrays;

import javax.sql.DataSource;

import dev.lockkeeper.connection.DataSourceFailures;
import dev.lockkeeper.exit.ForeignFailureException;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.liquibase.LiquibaseGovernor;
import dev.lockkeeper.mode.ModeResolver;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanCreationException;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.SpringBootExceptionReporter;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/**
 * Attaches to the failure of a data source what it means, before the reporters that end
 * the process see it. Does so only where a schema would have been governed, and only for
 * beans that such a schema needs. Reports nothing itself.
 */
@Order(Ordered.HIGHEST_PRECEDENCE)
class DataSourceFailureReporter implements SpringBootExceptionReporter {

	private final @Nullable ConfigurableApplicationContext context;

	DataSourceFailureReporter(@Nullable ConfigurableApplicationContext context) {
		this.context = context;
	}

	@Override
	public boolean reportException(Throwable failure) {
		if (this.context != null && isEnabled(this.context) && LockkeeperException.findIn(failure) == null
				&& isOfDataSource(failure, this.context.getBeanFactory())) {
			ForeignFailureException meaning = DataSourceFailures.explain(failure);
			if (meaning != null) {
				meaning.attachTo(failure);
			}
		}
		return false;
	}

	private static boolean isEnabled(ConfigurableApplicationContext context) {
		return context.getEnvironment().getProperty(ModeResolver.ENABLED_PROPERTY, Boolean.class, true);
	}

	private static boolean isOfDataSource(Throwable failure, ConfigurableListableBeanFactory beans) {
		if (LiquibaseGovernor.GOVERNED_TYPES.stream()
			.allMatch((type) -> beans.getBeanNamesForType(type, true, false).length == 0)) {
			return false;
		}
		Throwable candidate = failure;
		while (candidate != null) {
			if (candidate instanceof BeanCreationException creation && creation.getBeanName() != null
					&& isNeeded(creation.getBeanName(), beans)) {
				return true;
			}
			candidate = candidate.getCause();
		}
		return false;
	}

	private static boolean isNeeded(String name, ConfigurableListableBeanFactory beans) {
		Class<?>[] types = LiquibaseGovernor.GOVERNED_TYPES.toArray(Class<?>[]::new);
		return beans.containsBeanDefinition(name) && (beans.isTypeMatch(name, DataSource.class)
				|| Arrays.stream(types).anyMatch((type) -> beans.isTypeMatch(name, type)));
	}

}
