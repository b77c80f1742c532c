// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.chaos;

/**
 * What the database has seen before the run that is cut.
 */
enum Scenario {

	/** Nothing: the run creates the tables of Liquibase as well. */
	EMPTY_DATABASE,

	/** An earlier release: a change set that runs on change has changed since. */
	NEXT_RELEASE;

	static final String CHANGE_LOG = "classpath:chaos/changelog.yaml";

	/**
	 * Return what has run before.
	 * @return the release, or {@code null}
	 */
	Release getBefore() {
		return (this == NEXT_RELEASE) ? new Release("first", 1) : null;
	}

	/**
	 * Return what the run brings.
	 * @return the release
	 */
	Release getRelease() {
		return new Release("first,second", 2);
	}

	/**
	 * A release of the changelog.
	 *
	 * @param contexts the contexts with which it runs
	 * @param number its number, a parameter of the changelog
	 */
	record Release(String contexts, int number) {
	}

}
