// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import liquibase.GlobalConfiguration;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.DatabaseChangeLog;
import liquibase.exception.DuplicateChangeSetException;
import org.jspecify.annotations.Nullable;

/**
 * Refuses a changelog in which two change sets have the same identity. Liquibase refuses
 * it in a run; a process that only inspects the schema would wait in vain.
 */
final class DuplicateChangeSets {

	private static final int NAMED = 5;

	private DuplicateChangeSets() {
	}

	/**
	 * Refuse duplicates, unless Liquibase is set to allow them.
	 * @param changeSets the change sets that would run
	 * @throws DuplicateChangeSetException names each duplicate with both of its files
	 */
	static void refuse(List<ChangeSet> changeSets) throws DuplicateChangeSetException {
		if (GlobalConfiguration.ALLOW_DUPLICATED_CHANGESETS_IDENTIFIERS.getCurrentValue()) {
			return;
		}
		Map<String, ChangeSet> seen = new HashMap<>();
		List<String> found = new ArrayList<>();
		boolean inherited = false;
		for (ChangeSet changeSet : changeSets) {
			ChangeSet first = seen.putIfAbsent(changeSet.toString(false), changeSet);
			if (first != null) {
				String firstFile = fileOf(first);
				String secondFile = fileOf(changeSet);
				found.add(firstFile.equals(secondFile) ? "%s is twice in %s".formatted(changeSet, firstFile)
						: "%s is in %s, and again in %s".formatted(changeSet, firstFile, secondFile));
				inherited |= !firstFile.equals(secondFile);
			}
		}
		if (!found.isEmpty()) {
			throw new DuplicateChangeSetsException(messageOf(found), inherited);
		}
	}

	private static String messageOf(List<String> found) {
		int more = found.size() - NAMED;
		String named = String.join("; ", found.subList(0, Math.min(found.size(), NAMED)));
		return "Change set %s%s".formatted(named, (more > 0) ? "; and %d more".formatted(more) : "");
	}

	// The path that a change set is recorded with may be a logical one
	private static String fileOf(ChangeSet changeSet) {
		DatabaseChangeLog changeLog = changeSet.getChangeLog();
		@Nullable String physical = (changeLog != null) ? changeLog.getPhysicalFilePath() : null;
		return (physical != null) ? physical : changeSet.getFilePath();
	}

	/**
	 * Two change sets have the same identity.
	 */
	static final class DuplicateChangeSetsException extends DuplicateChangeSetException {

		private static final long serialVersionUID = 1L;

		private final boolean inherited;

		private DuplicateChangeSetsException(String message, boolean inherited) {
			super(inherited ? message + ". A likely cause: the files inherit the logicalFilePath of a changelog that "
					+ "includes them" : message);
			this.inherited = inherited;
		}

		/**
		 * Return what to do.
		 */
		String getAction() {
			return this.inherited
					? "Give one of the two another id, or give each included file a logicalFilePath of its own: for a "
							+ "change set that was applied, the path that its row in the history has."
					: "Give one of the two another id: the one that has not been applied yet.";
		}

	}

}
