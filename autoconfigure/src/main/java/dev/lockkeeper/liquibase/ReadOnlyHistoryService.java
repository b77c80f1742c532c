// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.util.Map;

import dev.lockkeeper.liquibase.run.OwnService;
import liquibase.Contexts;
import liquibase.LabelExpression;
import liquibase.Scope;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.DatabaseChangeLog;
import liquibase.changelog.StandardChangeLogHistoryService;
import liquibase.database.Database;

/**
 * The history of change sets as Liquibase sees it during an inspection: it neither
 * creates nor alters its table, and leaves checksums as they are. Liquibase would do all
 * three while it merely parses a changelog that includes another one. Found by
 * Liquibase's service loader.
 *
 * @since 0.1.0
 */
public class ReadOnlyHistoryService extends StandardChangeLogHistoryService implements OwnService {

	private static final String SCOPE_KEY = "dev.lockkeeper.inspection";

	/**
	 * Return what makes Liquibase use this service in a scope.
	 */
	static Map<String, Object> scope() {
		return Map.of(SCOPE_KEY, true);
	}

	@Override
	public int getPriority() {
		return PRIORITY;
	}

	@Override
	public boolean supports(Database database) {
		return Scope.getCurrentScope().get(SCOPE_KEY, false);
	}

	@Override
	public void init() {
		// A table that is not there is an empty history
	}

	@Override
	public void upgradeChecksums(DatabaseChangeLog changeLog, Contexts contexts, LabelExpression labels) {
		// Only a run does this
	}

	@Override
	public void replaceChecksum(ChangeSet changeSet) {
		// Only a run does this
	}

	@Override
	public void replaceFilePath(ChangeSet changeSet, String oldPath) {
		// Only a run does this
	}

}
