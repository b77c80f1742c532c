// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import dev.lockkeeper.engine.HistorySearch;
import liquibase.integration.spring.SpringLiquibase;

import org.springframework.util.StringUtils;

/**
 * The settings that name the schemas of one governed bean, for messages.
 *
 * @param defaultSchema what names the default schema
 * @param liquibaseSchema what names the schema of the history
 */
record SchemaSettings(String defaultSchema, String liquibaseSchema) implements HistorySearch.Setting {

	/**
	 * The bean that Spring Boot creates, or that takes its place.
	 */
	private static final String BEAN_OF_SPRING_BOOT = "liquibase";

	/**
	 * Return the settings of a bean.
	 */
	static SchemaSettings ofBean(String bean) {
		return new SchemaSettings(named("default-schema", "defaultSchema", bean),
				named("liquibase-schema", "liquibaseSchema", bean));
	}

	/**
	 * Return the settings of each tenant of a bean.
	 */
	static SchemaSettings ofTenants(String bean) {
		return new SchemaSettings("schemas of bean " + bean, "liquibaseSchema of bean " + bean);
	}

	private static String named(String key, String property, String bean) {
		String plain = "%s of bean %s".formatted(property, bean);
		return BEAN_OF_SPRING_BOOT.equals(bean) ? "spring.liquibase.%s (%s)".formatted(key, plain) : plain;
	}

	/**
	 * Return what names the schema of the history.
	 */
	String ofHistory(SpringLiquibase bean) {
		return StringUtils.hasText(bean.getLiquibaseSchema()) ? this.liquibaseSchema : this.defaultSchema;
	}

	@Override
	public String getName() {
		return this.defaultSchema;
	}

	@Override
	public String setTo(String schema) {
		int end = this.defaultSchema.indexOf(" (");
		return (end > 0) ? "%s=%s".formatted(this.defaultSchema.substring(0, end), schema)
				: "%s to %s".formatted(this.defaultSchema, schema);
	}

	/**
	 * Return whether a bean leaves it to the connection in which schema its history is.
	 */
	static boolean areUnset(SpringLiquibase bean) {
		return !StringUtils.hasText(bean.getLiquibaseSchema()) && !StringUtils.hasText(bean.getDefaultSchema());
	}

}
