// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

import javax.sql.DataSource;

import dev.lockkeeper.connection.OwnConnections;
import dev.lockkeeper.engine.HistorySearch;
import dev.lockkeeper.governed.EngineGovernor;
import dev.lockkeeper.governed.Governance;
import dev.lockkeeper.governed.GovernedSchemas;
import dev.lockkeeper.mode.Mode;
import org.flywaydb.core.Flyway;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanCreationException;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.boot.flyway.autoconfigure.FlywayMigrationInitializer;

/**
 * Governs every bean that migrates with Flyway when it is initialised: the initializer of
 * Spring Boot, those of the user, and each {@link Flyway} whose init method is
 * {@code migrate}. A Flyway that a user's own code calls cannot be governed.
 *
 * @since 0.1.0
 */
public final class FlywayGovernor extends EngineGovernor {

	private static final String MIGRATE = "migrate";

	/**
	 * The names of the beans of type {@link Flyway} that migrate by their init method.
	 */
	private final Set<String> migrating = ConcurrentHashMap.newKeySet();

	/**
	 * Create a governor.
	 * @param governance what all governors of the process share
	 */
	public FlywayGovernor(Governance governance) {
		super(governance);
	}

	@Override
	protected @Nullable String findInitialization(RootBeanDefinition definition, Class<?> type, String name) {
		if (FlywayMigrationInitializer.class.isAssignableFrom(type)) {
			return "afterPropertiesSet";
		}
		if (Flyway.class.isAssignableFrom(type) && isMigrating(definition)) {
			this.migrating.add(name);
			return MIGRATE;
		}
		return null;
	}

	@Override
	protected boolean governs(Object bean, String name) {
		return bean instanceof FlywayMigrationInitializer || (bean instanceof Flyway && this.migrating.contains(name));
	}

	@Override
	protected void govern(Object bean, String name) {
		FlywayBean flyway = (bean instanceof FlywayMigrationInitializer initializer) ? FlywayBean.of(name, initializer)
				: FlywayBean.of(name, (Flyway) bean);
		DataSource dataSource = flyway.getConfiguration().getDataSource();
		if (dataSource == null) {
			throw new BeanCreationException(name, "A Flyway that migrates needs a data source");
		}
		GovernedSchemas governed = getSchemas();
		OwnConnections connections = governed.connect(dataSource);
		boolean defers = governed.getSettings().origin().mode().equals(Mode.DEFER.name());
		FlywayEngine engine = new FlywayEngine(flyway, connections,
				new HistorySearch<>(name, defers, SchemaSetting.INSTANCE));
		keep(governed.govern(name, engine, dataSource, connections), List.of());
	}

	@Override
	protected Stream<String> findBeans(ListableBeanFactory beans) {
		Stream<String> initializers = Arrays
			.stream(beans.getBeanNamesForType(FlywayMigrationInitializer.class, true, false));
		Stream<String> flyways = Arrays.stream(beans.getBeanNamesForType(Flyway.class, true, false))
			.filter((name) -> beans instanceof ConfigurableListableBeanFactory factory
					&& factory.containsBeanDefinition(name) && isMigrating(factory.getBeanDefinition(name)));
		return Stream.concat(initializers, flyways);
	}

	private static boolean isMigrating(BeanDefinition definition) {
		return MIGRATE.equals(definition.getInitMethodName());
	}

}
