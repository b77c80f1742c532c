// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

import dev.lockkeeper.intent.IntentTable;
import dev.lockkeeper.intent.Operation;
import dev.lockkeeper.intent.UnfinishedException;
import dev.lockkeeper.lock.Lease;
import dev.lockkeeper.migration.RunControl;
import dev.lockkeeper.migration.RunControl.StopReason;
import dev.lockkeeper.postgresql.PostgreSql;
import dev.lockkeeper.postgresql.SessionIdentity;
import liquibase.Scope;
import liquibase.change.Change;
import liquibase.change.core.ExecuteShellCommandChange;
import liquibase.change.custom.CustomChangeWrapper;
import liquibase.change.custom.CustomSqlChange;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.ChangeSet.ExecType;
import liquibase.executor.jvm.JdbcExecutor;
import liquibase.precondition.core.PreconditionContainer;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;
import org.springframework.util.StringUtils;

/**
 * Decides what becomes of the commits of one run. Liquibase commits a change set, then
 * its row in the history: the first commit is left out, and the second one carries both,
 * after it has been proved that the lease is still held. Used by the thread that runs.
 */
final class RunTransactions {

	private static final Log logger = LogFactory.getLog(RunTransactions.class);

	private final Lease lease;

	private final String leaseTable;

	private final RunControl control;

	private final @Nullable IntentTable intents;

	private final List<MergingConnection> connections = new CopyOnWriteArrayList<>();

	private final Set<ChangeSet> seen = Collections.newSetFromMap(new IdentityHashMap<>());

	private boolean dropping;

	private boolean releasing;

	private boolean locked;

	private @Nullable String actingRole;

	private @Nullable ChangeSet open;

	private final Set<ChangeSet> rolledBack = Collections.newSetFromMap(new IdentityHashMap<>());

	private @Nullable StepwiseChangeSet steps;

	private @Nullable PreconditionContainer preconditions;

	private @Nullable UnfinishedException unfinished;

	private boolean begunAny;

	private boolean changing;

	private boolean warned;

	private long executed;

	private long executedBeforeChange;

	private @Nullable String broken;

	/**
	 * Whether the open change set may have done what stays although its row is not
	 * written.
	 */
	private boolean lasting;

	/**
	 * Whether one that failed may have done so.
	 */
	private boolean lastingBefore;

	/**
	 * Create the transactions of a run.
	 * @param lease the lock
	 * @param leaseTable the table of the lease
	 * @param dropping whether the run begins by dropping everything, that table too
	 * @param control is told when the lease turns out to be lost
	 * @param intents remembers what is done outside of a transaction; {@code null} to not
	 * remember it
	 */
	RunTransactions(Lease lease, String leaseTable, boolean dropping, RunControl control,
			@Nullable IntentTable intents) {
		this.lease = lease;
		this.leaseTable = leaseTable;
		this.dropping = dropping;
		this.control = control;
		this.intents = intents;
	}

	/**
	 * Decide about the commits of a connection.
	 * @param own the rights with which its session was opened; {@code null} when they are
	 * not known
	 */
	Connection wrap(Connection connection, @Nullable SessionIdentity own) {
		MergingConnection merging = new MergingConnection(connection, own, this);
		this.connections.add(merging);
		return merging.asConnection();
	}

	/**
	 * Everything that is to be dropped has been dropped, and the lease is back.
	 */
	void dropped() {
		this.dropping = false;
	}

	void begin(ChangeSet changeSet) {
		this.seen.add(changeSet);
		this.rolledBack.clear();
		this.open = changeSet;
		this.warned = false;
		this.lasting = false;
		if (this.lease.isLost()) {
			this.control.stop(StopReason.LEASE_LOST);
		}
		if (StringUtils.hasText(changeSet.getRunWith()) && !"jdbc".equalsIgnoreCase(changeSet.getRunWith())) {
			warn("it runs with " + changeSet.getRunWith());
			this.lasting = true;
		}
	}

	/**
	 * Find out what an earlier run has left of the change set that begins, before its
	 * preconditions are asked: they would be asked of a database in which half of it is
	 * done.
	 */
	void resume() throws SQLException {
		ChangeSet changeSet = this.open;
		MergingConnection connection = lastConnection();
		if (changeSet == null || changeSet.isRunInTransaction() || this.intents == null || connection == null) {
			return;
		}
		StepwiseChangeSet stepwise = new StepwiseChangeSet(changeSet, this.intents, this.lease.getHolder(),
				connection.getOwn(), this::prove);
		if (connection.apart(stepwise::resume)) {
			this.preconditions = changeSet.getPreconditions();
			changeSet.setPreconditions(null);
		}
		this.steps = stepwise;
	}

	private @Nullable MergingConnection lastConnection() {
		return this.connections.isEmpty() ? null : this.connections.get(this.connections.size() - 1);
	}

	/**
	 * The rollback of a change set begins, which this run may not have executed: the SQL
	 * is written to a file.
	 */
	void beginRollback(ChangeSet changeSet) {
		this.rolledBack.add(changeSet);
	}

	/**
	 * The change set that is open has failed.
	 */
	void fail() {
		this.lastingBefore |= this.lasting;
		end();
	}

	void end() {
		ChangeSet changeSet = this.open;
		if (changeSet != null && this.preconditions != null) {
			changeSet.setPreconditions(this.preconditions);
		}
		this.preconditions = null;
		this.steps = null;
		this.open = null;
		this.changing = false;
	}

	/**
	 * Return whether what is executed now is a statement of a change set that is not one
	 * transaction.
	 */
	boolean isStepwise(Connection connection) throws SQLException {
		return this.changing && this.steps != null && connection.getAutoCommit();
	}

	@Nullable Object executeStep(Connection connection, StepwiseChangeSet.Step step) throws Throwable {
		StepwiseChangeSet stepwise = this.steps;
		Assert.state(stepwise != null, "No change set is under way");
		try {
			return stepwise.execute(connection, step);
		}
		catch (UnfinishedException ex) {
			// Also where the change set is allowed to fail
			this.unfinished = ex;
			throw ex;
		}
	}

	/**
	 * A commit is about to be made; when it is that of a row, what an earlier run has
	 * left is forgotten with it.
	 */
	void record(Connection connection) throws SQLException {
		StepwiseChangeSet stepwise = this.steps;
		if (stepwise != null && !this.releasing && isWritingRow()) {
			try {
				stepwise.record(connection);
			}
			catch (UnfinishedException ex) {
				this.unfinished = ex;
				throw ex;
			}
		}
	}

	/**
	 * A change begins. The run asks nothing in its transaction, because the first
	 * statement of the change may be one that must come first.
	 */
	void beginChange(Change change) {
		this.lasting |= worksElsewhere(change);
		this.begunAny = true;
		this.executedBeforeChange = this.executed;
		this.changing = true;
	}

	void endChange(Change change) {
		this.changing = false;
		if (this.executed == this.executedBeforeChange && worksElsewhere(change)) {
			warn("%s executes nothing on the connection of the run".formatted(change.getSerializedObjectName()));
		}
	}

	private static boolean worksElsewhere(Change change) {
		return change instanceof ExecuteShellCommandChange || (change instanceof CustomChangeWrapper custom
				&& !(custom.getCustomChange() instanceof CustomSqlChange));
	}

	/**
	 * Liquibase releases its lock: the update is over, whatever has happened.
	 */
	void release() {
		this.releasing = true;
	}

	/**
	 * Note whether the run may hold Liquibase's lock. A run that takes it once more goes
	 * on: Liquibase updates, rolls back and updates again when it tests rollbacks.
	 */
	void locked(boolean locked) {
		this.locked = locked;
		this.releasing &= !locked;
	}

	/**
	 * Return whether the run may still hold Liquibase's lock.
	 */
	boolean isLocked() {
		return this.locked;
	}

	/**
	 * Find out with whose rights the failed change set has worked.
	 */
	void findActingRole() {
		MergingConnection connection = lastConnection();
		this.actingRole = (connection != null) ? connection.findActingRole() : null;
	}

	/**
	 * Return the role with whose rights the failed change set has worked.
	 * @return the role as SQL writes it, or {@code null} when it is not known
	 */
	@Nullable String getActingRole() {
		return this.actingRole;
	}

	/**
	 * Return whether a change has begun, which may have changed the session.
	 */
	boolean hasBegun() {
		return this.begunAny;
	}

	/**
	 * Return whether the run now does its own work: the row of a change set in the
	 * history, or the release of Liquibase's lock.
	 */
	boolean isOwnWork() {
		return this.releasing || isWritingRow();
	}

	/**
	 * Note that the transaction of the change set is about to be committed before its row
	 * is written, because it may not write any more although it has written.
	 */
	void endsReadOnly() {
		if (this.open != null) {
			this.lasting = true;
			warn("it makes its transaction read-only after it has written");
		}
	}

	/**
	 * Note that something is about to be executed.
	 */
	void executing(Connection connection, String sql) throws SQLException {
		ChangeSet changeSet = this.open;
		if (changeSet != null && this.changing && !this.lasting) {
			this.lasting = !changeSet.isRunInTransaction() || connection.getAutoCommit()
					|| Operation.of(sql).mayEndTransaction();
		}
	}

	/**
	 * Note that the transaction of the change set is about to be committed before its row
	 * is written.
	 */
	void autoCommitting() {
		this.lasting |= this.changing;
	}

	/**
	 * Return whether everything is undone that the run has done and not recorded, once
	 * the server has ended its session.
	 */
	boolean isRepeatable() {
		return !this.lastingBefore && !(this.open != null && this.lasting) && this.unfinished == null;
	}

	/**
	 * Return whether something has failed because the session is gone, or cannot write
	 * any more.
	 */
	boolean isSessionLost() {
		return this.connections.stream().anyMatch(MergingConnection::isLost);
	}

	/**
	 * Note that something was executed.
	 * @param committed whether the transaction of the connection is not open any more
	 */
	void executed(boolean committed) {
		this.executed++;
		if (committed && isMerging()) {
			this.lasting = true;
			warn("its SQL ends the transaction");
		}
	}

	private void warn(String why) {
		if (this.warned || this.connections.isEmpty() || this.open == null) {
			return;
		}
		this.warned = true;
		logger.warn("lockkeeper - not in one transaction with its row in the history (change set %s: %s); a process "
			.formatted(this.open, why) + "that dies in it can leave it done but not recorded, so let it be repeatable");
	}

	/**
	 * Return whether a commit now is one that Liquibase makes before it writes the row.
	 */
	boolean isMerging() {
		ChangeSet changeSet = this.open;
		return changeSet != null && !this.releasing && changeSet.isRunInTransaction()
				&& changeSet.getExecType() != ExecType.SKIPPED && !isWritingRow();
	}

	private static boolean isWritingRow() {
		return !Scope.getCurrentScope().get(JdbcExecutor.SHOULD_UPDATE_ROWS_AFFECTED_SCOPE_KEY, Boolean.TRUE);
	}

	/**
	 * Check that nothing has gone by that this run should have known.
	 */
	void requireListener() throws SQLException {
		ChangeSet executing = Scope.getCurrentScope().get(Scope.Attr.changeSet, ChangeSet.class);
		if (executing != null && executing.getOperationStartTime() != null && !this.rolledBack.contains(executing)
				&& !this.seen.contains(executing)) {
			throw new SQLException("Change set %s began without Lockkeeper being told: something has replaced the "
				.formatted(executing)
					+ "ChangeExecListener of this Liquibase after its customizer. Add a listener, do not replace it");
		}
	}

	/**
	 * Prove that the lease is held, in the transaction that is about to be committed.
	 */
	void prove(Connection connection) throws SQLException {
		if (!this.dropping || PostgreSql.hasTable(connection, this.leaseTable)) {
			requireProof(this.lease.prove(connection));
		}
	}

	/**
	 * Prove likewise in a transaction that may only read.
	 */
	void proveApart(Connection connection) throws SQLException {
		requireProof(this.lease.proveApart(connection));
	}

	private void requireProof(boolean proved) throws SQLException {
		if (!proved) {
			this.control.stop(StopReason.LEASE_LOST);
			breakOff("The lease was lost, so nothing was committed");
			throw new SQLException(this.broken);
		}
	}

	/**
	 * Nothing may be executed or committed any more: what Liquibase takes for committed
	 * is not.
	 */
	void breakOff(String why) {
		if (this.broken == null) {
			this.broken = why;
		}
	}

	void breakOffOpen() {
		breakOff("Change set %s was rolled back after Liquibase had taken it for committed".formatted(this.open));
	}

	void requireWhole() throws SQLException {
		if (this.unfinished != null && !this.releasing) {
			throw this.unfinished;
		}
		if (this.broken != null && !this.releasing) {
			throw new SQLException(this.broken);
		}
	}

	/**
	 * Check, after a run that did not fail, that it did what Liquibase believes it did.
	 */
	void finish() {
		if (this.unfinished != null) {
			throw new IllegalStateException(this.unfinished);
		}
		if (this.broken != null) {
			throw new IllegalStateException(this.broken);
		}
	}

}
