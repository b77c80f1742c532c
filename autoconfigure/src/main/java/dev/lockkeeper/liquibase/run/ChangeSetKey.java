// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase.run;

import java.util.Locale;

import liquibase.changelog.ChangeSet;
import liquibase.changelog.DatabaseChangeLog;
import org.jspecify.annotations.Nullable;

/**
 * What Liquibase compares change sets by: without regard to case, and to the ways in
 * which it has spelt paths over time.
 *
 * @since 0.1.0
 */
public final class ChangeSetKey {

	private ChangeSetKey() {
	}

	/**
	 * Return the key of a change set.
	 * @param changeSet the change set
	 * @return the key
	 */
	public static String of(ChangeSet changeSet) {
		return of(changeSet.getFilePath(), changeSet.getId(), changeSet.getAuthor());
	}

	/**
	 * Return the key of a change set.
	 * @param file the path of its file, as the changelog or a row of the history has it
	 * @param id its id
	 * @param author its author
	 * @return the key
	 */
	public static String of(@Nullable String file, String id, String author) {
		return (DatabaseChangeLog.normalizePath(file) + "::" + id + "::" + author).toLowerCase(Locale.ROOT);
	}

}
