// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.initialization;

import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.sql.Connection;
import java.util.Arrays;
import java.util.function.Consumer;

import javax.sql.DataSource;

import org.springframework.beans.BeanUtils;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.core.io.ResourceLoader;
import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.util.Assert;
import org.springframework.util.ReflectionUtils;

/**
 * The initializer of Spring Modulith for the table of event publications. Its class is
 * not public, and takes connections from its data source itself; so a copy of it, with
 * another data source, executes the script.
 *
 * @param name the name of the bean
 * @param bean the bean
 */
record EventPublicationInitializer(String name, InitializingBean bean) implements ScriptInitializer {

	static final String TYPE = "org.springframework.modulith.events.jdbc.DatabaseSchemaInitializer";

	@Override
	public String getName() {
		return this.name;
	}

	@Override
	public DataSource getDataSource() {
		return (DataSource) read(DataSource.class);
	}

	@Override
	public boolean isRepeated() {
		return false;
	}

	@Override
	public String getSwitch() {
		return "spring.modulith.events.jdbc.schema-initialization.enabled=false";
	}

	@Override
	public void execute(Connection connection, ResourceLoader loader, Consumer<String> read) throws Exception {
		copy(new SingleConnectionDataSource(connection, true), new ReportedResources(loader, read))
			.afterPropertiesSet();
	}

	private InitializingBean copy(DataSource dataSource, ResourceLoader loader) {
		Constructor<?> constructor = this.bean.getClass().getDeclaredConstructors()[0];
		Object[] arguments = Arrays.stream(constructor.getParameterTypes())
			.map((type) -> argument(type, dataSource, loader))
			.toArray();
		return (InitializingBean) BeanUtils.instantiateClass(constructor, arguments);
	}

	private Object argument(Class<?> type, DataSource dataSource, ResourceLoader loader) {
		if (type == DataSource.class) {
			return dataSource;
		}
		if (type == ResourceLoader.class) {
			return loader;
		}
		return type.isAssignableFrom(JdbcTemplate.class) && JdbcOperations.class.isAssignableFrom(type)
				? new JdbcTemplate(dataSource) : read(type);
	}

	private Object read(Class<?> type) {
		Field field = ReflectionUtils.findField(this.bean.getClass(), null, type);
		Assert.state(field != null, () -> "The initializer of Spring Modulith has no " + type.getName());
		ReflectionUtils.makeAccessible(field);
		Object value = ReflectionUtils.getField(field, this.bean);
		Assert.state(value != null, () -> "The initializer of Spring Modulith has no " + type.getName());
		return value;
	}

	@Override
	public void initialize() throws Exception {
		this.bean.afterPropertiesSet();
	}

}
