// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.sql.SQLException;
import java.util.function.Consumer;

import dev.lockkeeper.liquibase.run.LiquibaseActivity;
import dev.lockkeeper.migration.ChangeSetOutcome;
import dev.lockkeeper.migration.RunControl;
import dev.lockkeeper.migration.RunControl.StopReason;
import dev.lockkeeper.postgresql.SqlStates;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.transaction.RunTransactions;
import liquibase.change.Change;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.ChangeSet.ExecType;
import liquibase.changelog.ChangeSet.RunStatus;
import liquibase.changelog.DatabaseChangeLog;
import liquibase.changelog.visitor.AbstractChangeExecListener;
import liquibase.database.Database;
import liquibase.exception.PreconditionErrorException;
import liquibase.exception.PreconditionFailedException;
import liquibase.precondition.core.PreconditionContainer.ErrorOption;
import liquibase.precondition.core.PreconditionContainer.FailOption;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.UncategorizedSQLException;

/**
 * Reports to the run which change set is under way, and stops between two when the run is
 * to stop.
 */
class RunListener extends AbstractChangeExecListener {

	private final RunControl control;

	private final RunTransactions transactions;

	private final LiquibaseActivity activity;

	private final Consumer<ChangeSetReference> skipped;

	private volatile boolean attached;

	private volatile boolean over;

	private volatile @Nullable Exception failure;

	private final PassedOverComments passedOver = new PassedOverComments();

	/**
	 * Create a listener.
	 * @param control decides when to stop, and receives what runs
	 * @param transactions decides about commits, and receives what runs
	 * @param activity notes what Liquibase announces
	 * @param skipped receives the change sets that a precondition has skipped
	 */
	RunListener(RunControl control, RunTransactions transactions, LiquibaseActivity activity,
			Consumer<ChangeSetReference> skipped) {
		this.control = control;
		this.transactions = transactions;
		this.activity = activity;
		this.skipped = skipped;
	}

	/**
	 * Ignore everything from now on. A Liquibase that has this listener may keep it for
	 * the next run.
	 */
	void leave() {
		this.over = true;
	}

	@Override
	public void willRun(ChangeSet changeSet, DatabaseChangeLog changeLog, Database database, RunStatus runStatus) {
		if (this.over) {
			return;
		}
		LiquibaseChangeSet announced = new LiquibaseChangeSet(changeSet, this.passedOver);
		this.activity.announce(changeSet);
		this.transactions.begin(announced);
		StopReason reason = this.control.getStopReason();
		if (reason != null) {
			throw new IllegalStateException("The run stopped because " + reason);
		}
		this.control.began(announced.getReference());
		try {
			this.transactions.resume();
		}
		catch (SQLException ex) {
			throw new UncategorizedSQLException("The change set cannot be resumed", null, ex);
		}
	}

	/**
	 * Note that a run has begun, which reports to this listener.
	 */
	void attach() {
		this.attached = true;
	}

	/**
	 * Return whether a run has begun.
	 */
	boolean isAttached() {
		return this.attached;
	}

	/**
	 * Return the failure of the run, which a class of the user may have swallowed.
	 */
	@Nullable Exception getFailure() {
		return this.failure;
	}

	@Override
	public void preconditionFailed(PreconditionFailedException error, FailOption onFail) {
		if (this.over) {
			return;
		}
		this.transactions.requireNoContention();
		if (onFail == FailOption.CONTINUE) {
			skip();
		}
		else if (onFail == FailOption.HALT) {
			this.failure = error;
		}
	}

	@Override
	public void preconditionErrored(PreconditionErrorException error, ErrorOption onError) {
		if (this.over) {
			return;
		}
		this.transactions.requireNoContention();
		if (onError == ErrorOption.CONTINUE) {
			skip();
		}
		else if (onError == ErrorOption.HALT) {
			this.failure = error;
		}
	}

	// Liquibase does not call ran() for what it skips
	private void skip() {
		ChangeSetReference running = this.control.getRunning();
		if (running != null) {
			this.skipped.accept(running);
			this.control.ended(ChangeSetOutcome.SKIPPED);
		}
	}

	@Override
	public void ran(ChangeSet changeSet, DatabaseChangeLog changeLog, Database database, ExecType execType) {
		if (this.over) {
			return;
		}
		this.transactions.requireNoContention();
		if (execType == ExecType.FAILED) {
			// Allowed to fail: Liquibase does not call it a failure
			this.transactions.fail();
		}
		else {
			this.transactions.end();
		}
		this.control.ended(ChangeSetOutcome.valueOf(execType.name()));
	}

	@Override
	public void runFailed(ChangeSet changeSet, DatabaseChangeLog changeLog, Database database, Exception exception) {
		if (this.over) {
			return;
		}
		this.transactions.fail();
		this.failure = exception;
		if (SqlStates.isPermission(SqlStates.of(exception))) {
			this.transactions.findActingRole();
		}
	}

	@Override
	public void willRun(Change change, ChangeSet changeSet, DatabaseChangeLog changeLog, Database database) {
		if (this.over) {
			return;
		}
		this.control.moved();
		this.transactions.beginChange(LiquibaseChangeSet.describe(change));
	}

	@Override
	public void ran(Change change, ChangeSet changeSet, DatabaseChangeLog changeLog, Database database) {
		if (this.over) {
			return;
		}
		this.transactions.endChange();
		this.control.moved();
	}

	@Override
	public void willRollback(ChangeSet changeSet, DatabaseChangeLog changeLog, Database database) {
		if (!this.over) {
			this.activity.announceRollback(changeSet);
		}
	}

}
