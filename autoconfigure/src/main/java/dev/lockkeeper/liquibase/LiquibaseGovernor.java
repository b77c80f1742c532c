// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;

import javax.sql.DataSource;

import dev.lockkeeper.connection.OwnConnections;
import dev.lockkeeper.governed.EngineGovernor;
import dev.lockkeeper.governed.Governance;
import dev.lockkeeper.governed.GovernedSchemas;
import dev.lockkeeper.liquibase.bean.LiquibaseAccess;
import dev.lockkeeper.liquibase.run.ForeignLocks;
import dev.lockkeeper.mode.Mode;
import liquibase.integration.spring.MultiTenantSpringLiquibase;
import liquibase.integration.spring.SpringLiquibase;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanCreationException;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.support.RootBeanDefinition;
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
public final class LiquibaseGovernor extends EngineGovernor {

	private static final Log logger = LogFactory.getLog(LiquibaseGovernor.class);

	private static final List<Class<?>> BEANS = List.of(SpringLiquibase.class, MultiTenantSpringLiquibase.class);

	private final Supplier<ForeignLocks> foreignLocks;

	private final PlannedSchemas planned = new PlannedSchemas();

	/**
	 * Create a governor.
	 * @param governance what all governors of the process share
	 * @param foreignLocks what to do about the lock of a Liquibase that is not governed;
	 * supplied when the first bean is governed
	 */
	public LiquibaseGovernor(Governance governance, Supplier<ForeignLocks> foreignLocks) {
		super(governance);
		this.foreignLocks = SingletonSupplier.of(foreignLocks);
	}

	@Override
	protected @Nullable String findInitialization(RootBeanDefinition definition, Class<?> type, String name) {
		return BEANS.stream().anyMatch((bean) -> bean.isAssignableFrom(type)) ? "afterPropertiesSet" : null;
	}

	@Override
	protected boolean governs(Object bean, String name) {
		return BEANS.stream().anyMatch((type) -> type.isInstance(bean));
	}

	@Override
	protected void govern(Object bean, String name) {
		if (bean instanceof SpringLiquibase liquibase) {
			govern(liquibase, name, List.of(), SchemaSettings.ofBean(name));
		}
		else if (bean instanceof MultiTenantSpringLiquibase liquibase) {
			governTenants(liquibase, name);
		}
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
		GovernedSchemas governed = getSchemas();
		OwnConnections connections = governed.connect(dataSource);
		HistoryLocation location = new HistoryLocation(name, liquibase, dataSource, schemas, this.planned,
				governed.getSettings().origin().mode().equals(Mode.DEFER.name()));
		LiquibaseEngine engine = new LiquibaseEngine(name, liquibase, connections, this.foreignLocks.get(), location,
				governed.getSettings().clock());
		keep(governed.govern(name, engine, dataSource, connections), next);
	}

	// Whether a bean is to run is known only when it is created
	@Override
	protected Stream<String> findBeans(ListableBeanFactory beans) {
		return BEANS.stream().flatMap((type) -> Arrays.stream(beans.getBeanNamesForType(type, true, false)));
	}

}
