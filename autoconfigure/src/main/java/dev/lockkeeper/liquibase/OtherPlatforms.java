// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.util.List;

import liquibase.change.Change;
import liquibase.change.DbmsTargetedChange;
import liquibase.changelog.ChangeSet;
import liquibase.database.Database;
import liquibase.database.DatabaseList;
import liquibase.exception.SetupException;
import liquibase.util.LiquibaseUtil;

/**
 * The change sets that Liquibase passes over without a row in the history, because none
 * of their changes is for this database or this operating system.
 */
final class OtherPlatforms {

	private OtherPlatforms() {
	}

	static boolean areMeantBy(ChangeSet changeSet, Database database) {
		List<Change> changes = changeSet.getChanges();
		return !changes.isEmpty() && (changes.size() == 1 || passesOverSeveral())
				&& changes.stream().noneMatch((change) -> isFor(database, change));
	}

	// Liquibase 4 passes over one such change, and writes a row when there are more
	private static boolean passesOverSeveral() {
		return !LiquibaseUtil.getBuildVersion().startsWith("4.");
	}

	private static boolean isFor(Database database, Change change) {
		if (change instanceof DbmsTargetedChange targeted
				&& !DatabaseList.definitionMatches(targeted.getDbms(), database, true)) {
			return false;
		}
		try {
			// A shell command reads the operating system then
			change.finishInitialization();
		}
		catch (SetupException ex) {
			// Only a run refuses it
			return true;
		}
		return change.shouldRunOnOs();
	}

}
