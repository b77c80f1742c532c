// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.chaos;

import java.util.List;

/**
 * What the database has seen before the run that is cut.
 */
enum Scenario {

	/** Nothing: the run creates the tables of Liquibase as well. */
	EMPTY_DATABASE,

	/** An earlier release: a change set that runs on change has changed since. */
	NEXT_RELEASE,

	/** An earlier release; what comes now is done outside of transactions. */
	NON_TRANSACTIONAL;

	/**
	 * Return the scenarios in which every change set is one transaction.
	 * @return the scenarios
	 */
	static List<Scenario> transactional() {
		return List.of(EMPTY_DATABASE, NEXT_RELEASE);
	}

	/**
	 * Return whether only points within change sets are cut: all others are those of the
	 * empty database.
	 * @return whether it is so
	 */
	boolean isWithinChangeSets() {
		return this != EMPTY_DATABASE;
	}

	private String changeLog() {
		return (this == NON_TRANSACTIONAL) ? "classpath:chaos/non-transactional.yaml"
				: "classpath:chaos/changelog.yaml";
	}

	/**
	 * Return what has run before.
	 * @return the release, or {@code null}
	 */
	Release getBefore() {
		return (this != EMPTY_DATABASE) ? new Release(changeLog(), "first", 1) : null;
	}

	/**
	 * Return what the run brings.
	 * @return the release
	 */
	Release getRelease() {
		return new Release(changeLog(), "first,second", 2);
	}

	/**
	 * A release of the changelog.
	 *
	 * @param changeLog where it is
	 * @param contexts the contexts with which it runs
	 * @param number its number, a parameter of the changelog
	 */
	record Release(String changeLog, String contexts, int number) {
	}

}
