// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.util.List;

/**
 * How an application declares schemas of an engine, in the words of that engine. Unlike
 * {@link EngineWords} it is known before there is a schema, or a connection to it.
 *
 * @param engine the name of the engine
 * @param beanTypes the types of the beans that are governed, subclasses included
 * @param source what a schema is migrated from, with its article
 * @param settings the prefix of Spring Boot's settings for the engine
 * @param notToRun why a bean that exists may not run: a clause
 * @param ownDataSource how to give the engine a data source of its own: sentences
 * @since 0.1.0
 */
public record EngineIntegration(String engine, List<Class<?>> beanTypes, String source, String settings,
		String notToRun, String ownDataSource) {

	/**
	 * Create a description.
	 * @param engine the name of the engine
	 * @param beanTypes the types of the beans that are governed, subclasses included
	 * @param source what a schema is migrated from, with its article
	 * @param settings the prefix of Spring Boot's settings for the engine
	 * @param notToRun why a bean that exists may not run: a clause
	 * @param ownDataSource how to give the engine a data source of its own: sentences
	 */
	public EngineIntegration {
		beanTypes = List.copyOf(beanTypes);
	}

	/**
	 * Return the setting by which Spring Boot switches the engine on or off.
	 * @return the name of the property
	 */
	public String getEnabledProperty() {
		return this.settings + ".enabled";
	}

	/**
	 * Return the setting for the URL of the engine's own data source.
	 * @return the name of the property
	 */
	public String getUrlProperty() {
		return this.settings + ".url";
	}

}
