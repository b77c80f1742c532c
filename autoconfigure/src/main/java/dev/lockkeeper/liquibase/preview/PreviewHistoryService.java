// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase.preview;

import dev.lockkeeper.liquibase.run.OwnService;
import dev.lockkeeper.liquibase.run.ReplacedChangeSets;
import dev.lockkeeper.liquibase.run.StoredPath;
import liquibase.Contexts;
import liquibase.LabelExpression;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.ChangeSet.ExecType;
import liquibase.changelog.DatabaseChangeLog;
import liquibase.changelog.StandardChangeLogHistoryService;
import liquibase.database.Database;
import liquibase.exception.DatabaseException;
import liquibase.exception.LiquibaseException;

/**
 * The history of change sets during a preview: what Liquibase would do to its table
 * becomes part of the script, once, and a table that is not there is not queried: that
 * would break off the transaction. Found by Liquibase's service loader.
 *
 * @since 0.1.0
 */
public class PreviewHistoryService extends StandardChangeLogHistoryService implements OwnService {

	private boolean initialized;

	private int sequence;

	@Override
	public int getPriority() {
		return PRIORITY;
	}

	@Override
	public boolean supports(Database database) {
		return SqlPreview.isUnderWay();
	}

	@Override
	public void init() throws DatabaseException {
		if (!this.initialized) {
			super.init();
			this.initialized = true;
		}
	}

	@Override
	public void upgradeChecksums(DatabaseChangeLog changeLog, Contexts contexts, LabelExpression labels)
			throws DatabaseException {
		super.upgradeChecksums(changeLog, contexts, labels);
		SqlPreview preview = SqlPreview.current();
		if (preview != null) {
			ReplacedChangeSets.holdBack(changeLog, preview.getHeldBack());
		}
	}

	@Override
	public void setExecType(ChangeSet changeSet, ExecType execType) throws DatabaseException {
		StoredPath.during(changeSet, execType, () -> super.setExecType(changeSet, execType));
	}

	@Override
	public int getNextSequenceValue() throws LiquibaseException {
		if (hasDatabaseChangeLogTable()) {
			return super.getNextSequenceValue();
		}
		this.sequence++;
		return this.sequence;
	}

	@Override
	public boolean tagExists(String tag) throws DatabaseException {
		return hasDatabaseChangeLogTable() && super.tagExists(tag);
	}

}
