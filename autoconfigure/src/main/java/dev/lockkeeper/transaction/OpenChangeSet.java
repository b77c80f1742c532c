// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.transaction;

import java.sql.Connection;
import java.sql.SQLException;

import dev.lockkeeper.intent.Operation;
import dev.lockkeeper.transaction.RunningEngine.Activity;
import dev.lockkeeper.transaction.StepwiseChangeSet.Step;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * The change set that the engine has begun and not yet ended. Each change set has an
 * object of its own.
 * <p>
 * First the engine evaluates the preconditions, after an unfinished change set was
 * {@linkplain #continueWith resumed}. Then it executes one {@linkplain #beginChange
 * change} after the other and commits, and then it writes its record and commits.
 */
final class OpenChangeSet {

	private static final Log logger = LogFactory.getLog(OpenChangeSet.class);

	private final RunningChangeSet changeSet;

	/** How it executes its statements when it is not one transaction. */
	private @Nullable StepwiseChangeSet steps;

	/** The change that is being executed. */
	private @Nullable OpenChange change;

	/** Whether it may have done something that stays although its record is missing. */
	private boolean lasting;

	private boolean warned;

	OpenChangeSet(RunningChangeSet changeSet) {
		this.changeSet = changeSet;
		this.lasting = changeSet.getExecutor() != null;
	}

	RunningChangeSet getChangeSet() {
		return this.changeSet;
	}

	/**
	 * Execute its statements one by one from now on.
	 * @param stepwise executes them
	 * @param begun whether an earlier run has done some of them already: the
	 * preconditions would be evaluated in a database that has a part of the change set
	 */
	void continueWith(StepwiseChangeSet stepwise, boolean begun) {
		if (begun) {
			this.changeSet.removePreconditions();
		}
		this.steps = stepwise;
	}

	/**
	 * The change set is over.
	 */
	void end() {
		this.changeSet.restorePreconditions();
	}

	void beginChange(RunningChange running) {
		this.lasting |= running.elsewhere();
		this.change = new OpenChange(running);
	}

	/**
	 * The change that began last is over.
	 * @return why it is not in one transaction with the record, or {@code null} when it
	 * may be
	 */
	@Nullable String endChange() {
		OpenChange ended = this.change;
		this.change = null;
		return (ended != null && ended.running.elsewhere() && !ended.executed)
				? "%s executes nothing on the connection of the run".formatted(ended.running.name()) : null;
	}

	/**
	 * A statement is about to be executed.
	 */
	void executing(Connection connection, String sql) throws SQLException {
		if (this.change != null && !this.lasting) {
			this.lasting = !this.changeSet.isOneTransaction() || connection.getAutoCommit()
					|| Operation.of(sql).mayEndTransaction();
		}
	}

	/**
	 * Execute a statement that changes something.
	 */
	<T> T execute(Connection connection, Step<T> step) throws SQLException {
		StepwiseChangeSet stepwise = this.steps;
		return (stepwise != null && isNoting(connection)) ? stepwise.execute(connection, step) : step.execute();
	}

	/**
	 * Return whether each statement is noted that is executed now.
	 */
	boolean isNoting(Connection connection) throws SQLException {
		return this.change != null && this.steps != null && connection.getAutoCommit();
	}

	/**
	 * A statement was executed.
	 */
	void executed() {
		if (this.change != null) {
			this.change.executed = true;
		}
	}

	/**
	 * The transaction is about to be committed by a change of the auto-commit mode,
	 * before the record is written.
	 */
	void autoCommitting() {
		this.lasting |= this.change != null;
	}

	/**
	 * The transaction is committed before the record is written.
	 */
	void committed() {
		this.lasting = true;
	}

	/**
	 * The record is about to be committed: the intent of the change set is deleted with
	 * it.
	 */
	void recording(Connection connection) throws SQLException {
		if (this.steps != null) {
			this.steps.record(connection);
		}
	}

	/**
	 * Return whether the engine commits the changes now, before it writes the record.
	 */
	boolean isMerging(Activity activity) {
		return activity == Activity.EXECUTING && this.changeSet.isOneTransaction() && !this.changeSet.isSkipped();
	}

	/**
	 * Return whether the change set may have done something that stays although its
	 * record is missing.
	 */
	boolean isLasting() {
		return this.lasting;
	}

	/**
	 * Warn once that the change set is not in one transaction with its record.
	 */
	void warn(String why) {
		if (!this.warned) {
			this.warned = true;
			logger.warn(("lockkeeper - not in one transaction with its row in the history (change set %s: %s); a "
					+ "process that dies in it can leave it done but not recorded, so let it be repeatable")
				.formatted(this.changeSet.getReference(), why));
		}
	}

	/**
	 * A change while it is executed.
	 */
	private static final class OpenChange {

		private final RunningChange running;

		private boolean executed;

		private OpenChange(RunningChange running) {
			this.running = running;
		}

	}

}
