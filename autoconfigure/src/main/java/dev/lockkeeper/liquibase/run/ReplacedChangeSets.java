// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase.run;

import java.util.Set;

import liquibase.changelog.DatabaseChangeLog;

/**
 * Takes change sets that newer code has replaced out of a changelog that is about to run.
 *
 * @since 0.1.0
 */
public final class ReplacedChangeSets {

	private ReplacedChangeSets() {
	}

	/**
	 * Hold change sets back. To be called in the one moment in which Liquibase shows a
	 * changelog to its history service after parsing it.
	 * @param changeLog the changelog, if there is one
	 * @param heldBack the keys of the change sets
	 */
	public static void holdBack(DatabaseChangeLog changeLog, Set<String> heldBack) {
		if (changeLog != null) {
			changeLog.getChangeSets()
				.stream()
				.filter((changeSet) -> heldBack.contains(ChangeSetKey.of(changeSet)))
				.forEach((changeSet) -> changeSet.setIgnore(true));
		}
	}

}
