// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.initialization;

import java.sql.Connection;
import java.util.function.Consumer;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.core.io.ResourceLoader;

/**
 * A bean that executes scripts when it is initialised.
 */
interface ScriptInitializer {

	/**
	 * Return the name of the bean.
	 */
	String getName();

	/**
	 * Return the data source on which it executes them.
	 */
	DataSource getDataSource();

	/**
	 * Return whether each process that migrates executes the scripts, as each start does
	 * in Spring Boot. Otherwise each script is executed once.
	 */
	boolean isRepeated();

	/**
	 * Return how to switch it off.
	 * @return a setting with its value, or {@code null} when there is none
	 */
	@Nullable String getSwitch();

	/**
	 * Return how the application does without the bean: a clause.
	 */
	default String howToEnd() {
		String end = getSwitch();
		return (end != null) ? "set " + end : "remove bean " + getName();
	}

	/**
	 * Execute the scripts, as the bean itself does, on a connection of the caller.
	 * @param connection the connection, which stays open
	 * @param resources loads the scripts
	 * @param read receives the name of each script before it is executed
	 */
	void execute(Connection connection, ResourceLoader resources, Consumer<String> read) throws Exception;

	/**
	 * Initialise the bean as the container would have done it.
	 */
	void initialize() throws Exception;

}
