// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.transaction;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

import dev.lockkeeper.intent.Operation;
import dev.lockkeeper.postgresql.PostgreSql;
import dev.lockkeeper.postgresql.SqlStates;
import dev.lockkeeper.postgresql.SqlText;
import dev.lockkeeper.postgresql.TableLocks;
import dev.lockkeeper.transaction.RunningEngine.Activity;
import dev.lockkeeper.transaction.StepwiseChangeSet.Step;
import dev.lockkeeper.wording.Durations;
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

	private final StatementLimits limits;

	/** What the statement locks that is about to be executed. */
	private TableLocks locks = TableLocks.WEAK;

	/** Whether nothing may precede that statement in its transaction. */
	private boolean first;

	/** Whether it has worked elsewhere than on the connection of the run. */
	private boolean elsewhere;

	private boolean warnedOfRows;

	OpenChangeSet(RunningChangeSet changeSet, LockLimits limits) {
		this.changeSet = changeSet;
		this.elsewhere = changeSet.getExecutor() != null;
		this.lasting = this.elsewhere;
		List<ChangeSetComment> comments = changeSet.getComments();
		this.limits = new StatementLimits(ChangeSetTimeouts.of(changeSet.getReference(), comments), limits);
		comments.forEach(this::warnOfUnread);
	}

	private void warnOfUnread(ChangeSetComment comment) {
		List<String> lines = comment.place().isRead() ? List.of() : ChangeSetTimeouts.linesIn(comment.text());
		if (!lines.isEmpty()) {
			logger.warn("lockkeeper - a line for Lockkeeper has no effect where it is written (change set %s: %s); %s"
				.formatted(this.changeSet.getReference(), lines.get(0), comment.place().getMeaning()));
		}
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
		this.elsewhere |= running.elsewhere();
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
		if (this.change == null) {
			this.locks = TableLocks.WEAK;
			this.first = false;
			return;
		}
		SqlText text = SqlText.of(sql);
		this.locks = TableLocks.of(text);
		this.first = TableLocks.mustBeFirst(text);
		if (text.statements().stream().anyMatch(PostgreSql::setsLockTimeout)) {
			this.limits.setItself();
		}
		if (!this.lasting) {
			this.lasting = !this.changeSet.isOneTransaction() || connection.getAutoCommit()
					|| Operation.of(text).mayEndTransaction();
		}
	}

	/**
	 * Limit how long the statement waits and takes that is about to be executed in a
	 * transaction. One that cannot be repeated waits for locks as long as it takes.
	 * @param repeated whether the run repeats what others are in the way of
	 * @return what is to be executed before it, in the same transaction
	 */
	String limit(TransactionTimeouts session, boolean repeated) {
		Duration limit = (repeated && isRepeatable()) ? findLockTimeout(session) : null;
		this.limits.begin(limit, session.getOwnLock(), this.locks == TableLocks.STRONG);
		if (this.first) {
			return "";
		}
		if (this.change == null) {
			return session.putBack();
		}
		if (this.limits.isOwn()) {
			session.keepLock();
		}
		return session.set(limit, this.limits.getStatementTimeout());
	}

	private @Nullable Duration findLockTimeout(TransactionTimeouts session) {
		Duration limit = (this.locks.isStrong() && !this.first) ? this.limits.remaining() : null;
		if (limit == null || this.limits.isSaid()) {
			return limit;
		}
		warnOfRows();
		Duration own = session.getOwnLock();
		return (own.isZero() || own.compareTo(limit) >= 0) ? limit : null;
	}

	private void warnOfRows() {
		if (this.locks == TableLocks.STRONG_WITH_ROWS && !this.warnedOfRows) {
			this.warnedOfRows = true;
			logger
				.warn(("lockkeeper - a text that may lock rows waits for these locks no longer than for locks on tables "
						+ "(change set %s: %s); if it must wait for rows, add this line to the comment of the change set: "
						+ "lockkeeper: lock-timeout=0")
					.formatted(this.changeSet.getReference(), Durations.inWords(this.limits.getLockTimeout())));
		}
	}

	/**
	 * The statement has ended.
	 */
	void limited() {
		this.limits.end(this.locks.isStrong());
	}

	StatementLimits getLimits() {
		return this.limits;
	}

	/**
	 * Return whether a failure means that others were in the way of the change set, which
	 * can be executed once more. A change set that has said itself how long it waits, or
	 * that it does not wait, fails when a lock is not granted.
	 */
	boolean isContention(@Nullable String sqlState) {
		boolean own = SqlStates.isLockTimeout(sqlState) && (this.limits.isOwn() || !this.limits.isOver());
		return SqlStates.isContention(sqlState) && !own && isRepeatable();
	}

	/**
	 * Return whether the change set can be executed once more after a failure in which
	 * its open transaction is rolled back.
	 */
	boolean isRepeatable() {
		StepwiseChangeSet stepwise = this.steps;
		return !this.elsewhere && ((stepwise != null) ? stepwise.isRepeatable() : !this.lasting);
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
