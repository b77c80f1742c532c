// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase.run;

import liquibase.changelog.ChangeSet;
import liquibase.changelog.ChangeSet.ExecType;
import liquibase.exception.DatabaseException;

/**
 * The path under which the history has the row of a change set. Older releases of
 * Liquibase spelt it otherwise ({@code classpath:…}): Liquibase finds such a row, but
 * updates one under today's path when the change set has run once more, so that the row
 * would keep the old checksum for ever, and the change set would run again each time.
 *
 * @since 0.1.0
 */
public final class StoredPath {

	private StoredPath() {
	}

	/**
	 * Update the row of a change set that has run once more, under the path that the row
	 * has.
	 * @param changeSet the change set
	 * @param type how it has run
	 * @param update updates the row that has the path of the change set
	 * @throws DatabaseException when the row cannot be updated
	 */
	public static void during(ChangeSet changeSet, ExecType type, Update update) throws DatabaseException {
		String path = changeSet.getFilePath();
		String stored = changeSet.getStoredFilePath();
		if (!type.ranBefore || stored == null) {
			update.execute();
			return;
		}
		changeSet.setFilePath(stored);
		try {
			update.execute();
		}
		finally {
			changeSet.setFilePath(path);
		}
	}

	/**
	 * Updates a row.
	 */
	@FunctionalInterface
	public interface Update {

		/**
		 * Update the row.
		 * @throws DatabaseException when it cannot be updated
		 */
		void execute() throws DatabaseException;

	}

}
