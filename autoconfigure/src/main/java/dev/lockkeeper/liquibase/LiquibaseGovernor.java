// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

import javax.sql.DataSource;

import dev.lockkeeper.connection.OwnConnections;
import dev.lockkeeper.governed.GovernedSchemas;
import dev.lockkeeper.liquibase.bean.LiquibaseAccess;
import dev.lockkeeper.liquibase.run.ForeignLocks;
import dev.lockkeeper.migration.EngineIntegration;
import dev.lockkeeper.migration.MigrationTarget;
import dev.lockkeeper.mode.Mode;
import liquibase.integration.spring.MultiTenantSpringLiquibase;
import liquibase.integration.spring.SpringLiquibase;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanCreationException;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.BeanFactoryAware;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.support.MergedBeanDefinitionPostProcessor;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.core.Ordered;
import org.springframework.util.function.SingletonSupplier;

/**
 * Governs every {@link SpringLiquibase} bean before it runs: Spring Boot's own, those of
 * the user, and subclasses; and every {@link MultiTenantSpringLiquibase}, each of whose
 * tenants is a schema of its own. The container does not initialise the bean itself;
 * whether, when and how it runs is the keeper's decision. Instances that are not beans
 * cannot be governed.
 *
 * @since 0.1.0
 */
public final class LiquibaseGovernor implements MergedBeanDefinitionPostProcessor, BeanFactoryAware, Ordered {

	private static final Log logger = LogFactory.getLog(LiquibaseGovernor.class);

	/**
	 * How an application declares schemas that Liquibase migrates.
	 */
	public static final EngineIntegration INTEGRATION = new EngineIntegration("Liquibase",
			List.of(SpringLiquibase.class, MultiTenantSpringLiquibase.class), "a changelog", "spring.liquibase",
			"liquibase.shouldRun is false for its Liquibase beans",
			"Set spring.liquibase.url beside spring.liquibase.user: Spring Boot then opens a data source of its own "
					+ "for Liquibase. Or declare a data source with @LiquibaseDataSource.");

	private static final String INITIALIZATION = "afterPropertiesSet";

	private final boolean enabled;

	private final Supplier<Settings> settings;

	private final PlannedSchemas planned = new PlannedSchemas();

	private final Set<String> seen = ConcurrentHashMap.newKeySet();

	private @Nullable ListableBeanFactory beanFactory;

	/**
	 * Create a governor.
	 * @param enabled whether it governs at all
	 * @param settings what it needs; supplied when the first bean is governed
	 */
	public LiquibaseGovernor(boolean enabled, Supplier<Settings> settings) {
		this.enabled = enabled;
		this.settings = SingletonSupplier.of(settings);
	}

	@Override
	public void setBeanFactory(BeanFactory beanFactory) {
		this.beanFactory = (beanFactory instanceof ListableBeanFactory listable) ? listable : null;
	}

	@Override
	public void postProcessMergedBeanDefinition(RootBeanDefinition beanDefinition, Class<?> beanType, String beanName) {
		if (this.enabled && INTEGRATION.beanTypes().stream().anyMatch((type) -> type.isAssignableFrom(beanType))) {
			beanDefinition.registerExternallyManagedInitMethod(INITIALIZATION);
		}
	}

	@Override
	public Object postProcessBeforeInitialization(Object bean, String beanName) {
		if (this.enabled && bean instanceof SpringLiquibase liquibase) {
			this.seen.add(beanName);
			govern(liquibase, beanName, List.of(), SchemaSettings.ofBean(beanName));
		}
		else if (this.enabled && bean instanceof MultiTenantSpringLiquibase liquibase) {
			this.seen.add(beanName);
			governTenants(liquibase, beanName);
		}
		return bean;
	}

	private void governTenants(MultiTenantSpringLiquibase liquibase, String beanName) {
		if (!LiquibaseAccess.shouldRun(liquibase)) {
			leaveAlone(beanName);
			return;
		}
		Map<String, SpringLiquibase> tenants = Tenants.of(liquibase, beanName);
		List<String> next = new ArrayList<>(tenants.keySet());
		tenants.forEach((name, tenant) -> {
			next.remove(name);
			govern(tenant, name, next, SchemaSettings.ofTenants(beanName));
		});
	}

	private static void leaveAlone(String beanName) {
		logger.info("lockkeeper - left alone (bean %s: it shall not run)".formatted(beanName));
	}

	private void govern(SpringLiquibase liquibase, String name, List<String> next, SchemaSettings schemas) {
		if (!LiquibaseAccess.shouldRun(liquibase)) {
			leaveAlone(name);
			return;
		}
		DataSource dataSource = liquibase.getDataSource();
		if (dataSource == null) {
			throw new BeanCreationException(name, "A SpringLiquibase needs a data source");
		}
		Settings resolved = this.settings.get();
		GovernedSchemas governed = resolved.schemas();
		OwnConnections connections = governed.connect(dataSource);
		HistoryLocation location = new HistoryLocation(name, liquibase, dataSource, schemas, this.planned,
				governed.getSettings().origin().mode().equals(Mode.DEFER.name()));
		LiquibaseEngine engine = new LiquibaseEngine(name, liquibase, connections, resolved.foreignLocks(), location,
				governed.getSettings().clock());
		resolved.keeper()
			.accept(governed.govern(name, engine, dataSource, connections),
					Stream.concat(next.stream(), unseen()).toList());
	}

	// Whether a bean is to run is known only when it is created
	private Stream<String> unseen() {
		ListableBeanFactory beans = this.beanFactory;
		if (beans == null) {
			return Stream.empty();
		}
		return INTEGRATION.beanTypes()
			.stream()
			.flatMap((type) -> Arrays.stream(beans.getBeanNamesForType(type, true, false)))
			.filter((name) -> !this.seen.contains(name));
	}

	@Override
	public int getOrder() {
		return Ordered.LOWEST_PRECEDENCE;
	}

	/**
	 * What the governor needs.
	 *
	 * @param keeper decides what happens to a schema; it also gets the names of those
	 * that are still to come
	 * @param schemas governs the schemas of the process
	 * @param foreignLocks what to do about the lock of a Liquibase that is not governed
	 */
	public record Settings(BiConsumer<MigrationTarget, List<String>> keeper, GovernedSchemas schemas,
			ForeignLocks foreignLocks) {
	}

}
