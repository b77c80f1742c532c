// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import dev.lockkeeper.migration.RunControl;
import dev.lockkeeper.migration.RunControl.StopReason;
import dev.lockkeeper.schema.ChangeSetReference;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.ChangeSet.ExecType;
import liquibase.changelog.ChangeSet.RunStatus;
import liquibase.changelog.DatabaseChangeLog;
import liquibase.changelog.visitor.AbstractChangeExecListener;
import liquibase.database.Database;

/**
 * Tells the run which change set is under way, and stops between two when asked to.
 */
class RunListener extends AbstractChangeExecListener {

	private final RunControl control;

	RunListener(RunControl control) {
		this.control = control;
	}

	@Override
	public void willRun(ChangeSet changeSet, DatabaseChangeLog changeLog, Database database, RunStatus runStatus) {
		StopReason reason = this.control.getStopReason();
		if (reason != null) {
			throw new IllegalStateException("The run stopped because " + reason);
		}
		this.control.began(new ChangeSetReference(changeSet.getId(), changeSet.getAuthor(), changeSet.getFilePath()));
	}

	@Override
	public void ran(ChangeSet changeSet, DatabaseChangeLog changeLog, Database database, ExecType execType) {
		this.control.ended(execType.ran || execType == ExecType.MARK_RAN);
	}

}
