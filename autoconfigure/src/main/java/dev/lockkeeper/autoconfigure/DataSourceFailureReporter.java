// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.util.List;
import java.util.stream.Stream;

import javax.sql.DataSource;

import dev.lockkeeper.connection.DataSourceFailure;
import dev.lockkeeper.connection.DataSourceFailures;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.ForeignFailureException;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.migration.EngineIntegration;
import dev.lockkeeper.migration.FailurePolicy;
import dev.lockkeeper.schema.DatabaseFailure;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanCreationException;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.SpringBootExceptionReporter;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/**
 * Attaches to the failure of a data source, or of the settings of an engine, what it
 * means, before the reporters that end the process see it. Does so only where a schema
 * would have been governed, and only for beans that such a schema needs. Reports nothing
 * itself.
 */
@Order(Ordered.HIGHEST_PRECEDENCE)
class DataSourceFailureReporter implements SpringBootExceptionReporter {

	/**
	 * The settings of Spring Boot without which no schema is governed.
	 */
	private static final List<ConfigurationPropertyName> SETTINGS = Stream
		.concat(Stream.of("spring.datasource"), Engines.ALL.engines().stream().map(EngineIntegration::settings))
		.map(ConfigurationPropertyName::of)
		.toList();

	private final @Nullable ConfigurableApplicationContext context;

	DataSourceFailureReporter(@Nullable ConfigurableApplicationContext context) {
		this.context = context;
	}

	@Override
	public boolean reportException(Throwable failure) {
		if (this.context != null && LockkeeperException.findIn(failure) == null) {
			ForeignFailureException meaning = explain(failure, this.context);
			if (meaning != null) {
				meaning.attachTo(failure);
			}
		}
		return false;
	}

	/**
	 * Explain a failure of a start.
	 * @return what it means, or {@code null} when it is not the failure of a data source
	 * whose schema would have been governed, and no engine has refused its settings
	 */
	static @Nullable ForeignFailureException explain(Throwable failure, ConfigurableApplicationContext context) {
		ConfigurableListableBeanFactory beans = context.getBeanFactory();
		boolean governed = CarriedMode.of(context).isEnabled(context.getEnvironment())
				&& Engines.ALL.beanTypes().anyMatch((type) -> beans.getBeanNamesForType(type, true, false).length > 0);
		if (!governed) {
			return null;
		}
		DataSourceFailure explained = isOfDataSource(failure, beans)
				? DataSourceFailures.explain(failure, Engines.ownDataSource()) : null;
		if (explained != null) {
			return new ForeignFailureException(statusOf(explained.reported()), explained.sqlState(),
					explained.message(), explained.action());
		}
		String ofEngine = Engines.explain(failure);
		return (ofEngine != null) ? new ForeignFailureException(ExitStatus.CONFIG, null, ofEngine,
				"Correct the settings: %s.".formatted(Engines.ALL.inWords((engine) -> engine.settings() + ".*")))
				: null;
	}

	private static ExitStatus statusOf(@Nullable DatabaseFailure reported) {
		return (reported != null) ? FailurePolicy.of(reported).onRead() : ExitStatus.CONFIG;
	}

	/**
	 * Return whether it is a data source that could not be created, a setting of one, or
	 * a governed bean by itself and not a bean that this one depends on.
	 */
	private static boolean isOfDataSource(Throwable failure, ConfigurableListableBeanFactory beans) {
		boolean governed = false;
		for (Throwable candidate = failure; candidate != null; candidate = candidate.getCause()) {
			if (candidate instanceof BindException bind && isSetting(bind.getName())) {
				return true;
			}
			if (candidate instanceof BeanCreationException creation && creation.getBeanName() != null) {
				if (isOfType(creation.getBeanName(), List.of(DataSource.class), beans)) {
					return true;
				}
				governed = isOfType(creation.getBeanName(), Engines.ALL.beanTypes().toList(), beans);
			}
		}
		return governed;
	}

	private static boolean isSetting(ConfigurationPropertyName name) {
		return SETTINGS.stream().anyMatch((settings) -> settings.equals(name) || settings.isAncestorOf(name));
	}

	private static boolean isOfType(String name, List<? extends Class<?>> types,
			ConfigurableListableBeanFactory beans) {
		return beans.containsBeanDefinition(name) && types.stream().anyMatch((type) -> beans.isTypeMatch(name, type));
	}

}
