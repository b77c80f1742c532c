// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import javax.sql.DataSource;

import dev.lockkeeper.exit.ConfigurationException;
import dev.lockkeeper.liquibase.bean.LiquibaseAccess;
import liquibase.exception.LiquibaseException;
import liquibase.integration.spring.MultiTenantSpringLiquibase;
import liquibase.integration.spring.SpringLiquibase;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanCreationException;
import org.springframework.util.CollectionUtils;

/**
 * The tenants of one {@link MultiTenantSpringLiquibase} bean: for each schema what the
 * bean itself would run, in the order in which it would.
 */
final class Tenants {

	/**
	 * How Liquibase spells the schema in which a connection begins.
	 */
	private static final String DEFAULT_SCHEMA = "default";

	private Tenants() {
	}

	/**
	 * Take a bean apart.
	 * @return what runs for each tenant, by the names under which they are shown
	 * @throws ConfigurationException when its tenants are not known before it runs
	 */
	static Map<String, SpringLiquibase> of(MultiTenantSpringLiquibase bean, String beanName) {
		DataSource dataSource = bean.getDataSource();
		if (LiquibaseAccess.initialisesItself(bean)) {
			throw new ConfigurationException(
					"Bean %s cannot be governed: its class %s overrides afterPropertiesSet() of MultiTenantSpringLiquibase."
						.formatted(beanName, bean.getClass().getName()),
					"Set its schemas where the bean is created and leave afterPropertiesSet() alone, or declare one "
							+ "SpringLiquibase bean for each tenant.");
		}
		if (dataSource == null && bean.getSchemas() == null && bean.getJndiBase() != null) {
			throw new ConfigurationException(
					"Bean %s cannot be governed: it finds the data sources of its tenants by JNDI (%s)."
						.formatted(beanName, bean.getJndiBase()),
					"Declare one SpringLiquibase bean for each of these data sources, or set dataSource and schemas "
							+ "of the MultiTenantSpringLiquibase.");
		}
		if (dataSource == null) {
			throw new BeanCreationException(beanName, "A MultiTenantSpringLiquibase needs a data source");
		}
		if (CollectionUtils.isEmpty(bean.getSchemas())) {
			List<@Nullable String> onlyOne = new ArrayList<>();
			onlyOne.add(bean.getDefaultSchema());
			bean.setSchemas(onlyOne);
		}
		Map<String, SpringLiquibase> tenants = new LinkedHashMap<>();
		for (String schema : bean.getSchemas()) {
			String name = (schema != null) ? schema : DEFAULT_SCHEMA;
			tenants.put(beanName + "/" + name, tenant(bean, dataSource, name));
		}
		return tenants;
	}

	private static SpringLiquibase tenant(MultiTenantSpringLiquibase bean, DataSource dataSource, String schema) {
		try {
			SpringLiquibase tenant = LiquibaseAccess.createTenant(bean, dataSource);
			tenant.setDefaultSchema(DEFAULT_SCHEMA.equals(schema) ? null : schema);
			return tenant;
		}
		catch (LiquibaseException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
