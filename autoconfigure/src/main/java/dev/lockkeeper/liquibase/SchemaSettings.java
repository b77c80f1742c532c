// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.util.List;

import dev.lockkeeper.engine.ConfiguredSchemas;
import dev.lockkeeper.engine.HistorySearch;
import dev.lockkeeper.postgresql.SqlText;
import liquibase.database.Database;
import liquibase.database.core.PostgresDatabase;
import liquibase.integration.spring.SpringLiquibase;
import liquibase.structure.core.Schema;
import org.jspecify.annotations.Nullable;

import org.springframework.util.StringUtils;

/**
 * The settings that name the schemas of one governed bean.
 *
 * @param defaultSchema what names the default schema, for messages
 * @param liquibaseSchema what names the schema of the history, for messages
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

	/**
	 * Return the schemas that the settings of a bean name, as the catalog of PostgreSQL
	 * has them: Liquibase makes most names lower-case, or the server does so with what
	 * Liquibase does not quote.
	 */
	static ConfiguredSchemas toSchemas(SpringLiquibase bean) {
		Database database = new PostgresDatabase();
		String changed = null;
		if (StringUtils.hasText(bean.getDefaultSchema())) {
			changed = inCatalog(database, database.correctObjectName(bean.getDefaultSchema(), Schema.class));
		}
		if (StringUtils.hasText(bean.getLiquibaseSchema())) {
			database.setLiquibaseSchemaName(bean.getLiquibaseSchema());
		}
		String history = inCatalog(database, database.getLiquibaseSchemaName());
		return new ConfiguredSchemas((changed != null) ? List.of(changed) : List.of(),
				(history != null) ? history : changed);
	}

	private static @Nullable String inCatalog(Database database, @Nullable String schema) {
		String identifier = database.escapeObjectName(schema, Schema.class);
		return (identifier != null) ? SqlText.nameOf(identifier) : null;
	}

}
