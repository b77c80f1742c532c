// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.initialization;

import java.lang.reflect.Method;
import java.sql.Connection;
import java.util.Map;
import java.util.function.Consumer;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.jdbc.init.DataSourceScriptDatabaseInitializer;
import org.springframework.core.io.ResourceLoader;
import org.springframework.jdbc.datasource.ConnectionHolder;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.util.Assert;
import org.springframework.util.ReflectionUtils;

/**
 * An initializer of Spring Boot: that of {@code spring.sql.init}, that of a framework, or
 * one of the user.
 *
 * @param name the name of the bean
 * @param bean the bean
 * @param resources the loader of resources of the application
 */
record DataSourceInitializer(String name, DataSourceScriptDatabaseInitializer bean,
		ResourceLoader resources) implements ScriptInitializer {

	private static final String BOOT = "org.springframework.boot.";

	/**
	 * The initializers whose scripts create the tables of a framework.
	 */
	private static final Map<String, String> FRAMEWORKS = Map.of(
			BOOT + "batch.jdbc.autoconfigure.BatchDataSourceScriptDatabaseInitializer",
			"spring.batch.jdbc.initialize-schema=never",
			BOOT + "session.jdbc.autoconfigure.JdbcSessionDataSourceScriptDatabaseInitializer",
			"spring.session.jdbc.initialize-schema=never",
			BOOT + "quartz.autoconfigure.QuartzDataSourceScriptDatabaseInitializer",
			"spring.quartz.jdbc.initialize-schema=never",
			BOOT + "integration.autoconfigure.IntegrationDataSourceScriptDatabaseInitializer",
			"spring.integration.jdbc.initialize-schema=never");

	private static final String APPLICATION = BOOT
			+ "jdbc.autoconfigure.ApplicationDataSourceScriptDatabaseInitializer";

	private static final Method DATA_SOURCE = dataSourceMethod();

	private static Method dataSourceMethod() {
		Method method = ReflectionUtils.findMethod(DataSourceScriptDatabaseInitializer.class, "getDataSource");
		Assert.state(method != null, "An initializer has a data source");
		ReflectionUtils.makeAccessible(method);
		return method;
	}

	@Override
	public String getName() {
		return this.name;
	}

	@Override
	public DataSource getDataSource() {
		DataSource dataSource = (DataSource) ReflectionUtils.invokeMethod(DATA_SOURCE, this.bean);
		Assert.state(dataSource != null, "An initializer has a data source");
		return dataSource;
	}

	@Override
	public boolean isRepeated() {
		return find(FRAMEWORKS) == null;
	}

	@Override
	public @Nullable String getSwitch() {
		String ofFramework = find(FRAMEWORKS);
		return (ofFramework != null) ? ofFramework : find(Map.of(APPLICATION, "spring.sql.init.mode=never"));
	}

	private @Nullable String find(Map<String, String> types) {
		Class<?> type = this.bean.getClass();
		while (type != null && !types.containsKey(type.getName())) {
			type = type.getSuperclass();
		}
		return (type != null) ? types.get(type.getName()) : null;
	}

	// Spring takes the connection that is bound to the thread in place of one of the data
	// source
	@Override
	public void execute(Connection connection, ResourceLoader loader, Consumer<String> read) {
		DataSource dataSource = getDataSource();
		this.bean.setResourceLoader(new ReportedResources(loader, read));
		Object outer = TransactionSynchronizationManager.unbindResourceIfPossible(dataSource);
		TransactionSynchronizationManager.bindResource(dataSource, new ConnectionHolder(connection));
		try {
			this.bean.initializeDatabase();
		}
		finally {
			TransactionSynchronizationManager.unbindResource(dataSource);
			if (outer != null) {
				TransactionSynchronizationManager.bindResource(dataSource, outer);
			}
			this.bean.setResourceLoader(this.resources);
		}
	}

	@Override
	public void initialize() throws Exception {
		this.bean.afterPropertiesSet();
	}

}
