// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.transaction;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import dev.lockkeeper.intent.IntentTable;
import dev.lockkeeper.intent.Operation;
import dev.lockkeeper.intent.UnfinishedException;
import dev.lockkeeper.lock.Lease;
import dev.lockkeeper.migration.RunControl;
import dev.lockkeeper.migration.RunControl.StopReason;
import dev.lockkeeper.postgresql.PostgreSql;
import dev.lockkeeper.postgresql.SessionIdentity;
import dev.lockkeeper.transaction.RunningEngine.Activity;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * Decides what becomes of the commits of one run. An engine commits a change set, then
 * its record: the first commit is left out, and the second one carries both, after it has
 * been proved that the lease is still held. Used by the thread that runs.
 *
 * @since 0.1.0
 */
public final class RunTransactions {

	private static final Log logger = LogFactory.getLog(RunTransactions.class);

	private final Lease lease;

	private final String leaseTable;

	private final RunControl control;

	private final @Nullable IntentTable intents;

	private final RunningEngine engine;

	private final List<MergingConnection> connections = new CopyOnWriteArrayList<>();

	private boolean dropping;

	private @Nullable String actingRole;

	private @Nullable RunningChangeSet open;

	private @Nullable StepwiseChangeSet steps;

	private @Nullable UnfinishedException unfinished;

	private boolean begunAny;

	private @Nullable RunningChange change;

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
	 * @param control stops the run when the lease turns out to be lost
	 * @param intents remembers what is done outside of a transaction; {@code null} to not
	 * remember it
	 * @param engine executes the change sets
	 */
	public RunTransactions(Lease lease, String leaseTable, boolean dropping, RunControl control,
			@Nullable IntentTable intents, RunningEngine engine) {
		this.lease = lease;
		this.leaseTable = leaseTable;
		this.dropping = dropping;
		this.control = control;
		this.intents = intents;
		this.engine = engine;
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
	public void dropped() {
		this.dropping = false;
	}

	/**
	 * A change set begins.
	 * @param changeSet the change set
	 */
	public void begin(RunningChangeSet changeSet) {
		this.open = changeSet;
		this.warned = false;
		this.lasting = false;
		if (this.lease.isLost()) {
			this.control.stop(StopReason.LEASE_LOST);
		}
		String executor = changeSet.getExecutor();
		if (executor != null) {
			warn("it runs with " + executor);
			this.lasting = true;
		}
	}

	/**
	 * Find out what an earlier run has left of the change set that begins, before its
	 * preconditions are asked: they would be asked of a database in which half of it is
	 * done.
	 * @throws SQLException when that cannot be found out
	 */
	public void resume() throws SQLException {
		RunningChangeSet changeSet = this.open;
		MergingConnection connection = lastConnection();
		if (changeSet == null || changeSet.isOneTransaction() || this.intents == null || connection == null) {
			return;
		}
		StepwiseChangeSet stepwise = new StepwiseChangeSet(changeSet, this.intents, this.lease.getHolder(),
				connection.getOwn(), this::prove);
		if (connection.apart(stepwise::resume)) {
			changeSet.removePreconditions();
		}
		this.steps = stepwise;
	}

	private @Nullable MergingConnection lastConnection() {
		return this.connections.isEmpty() ? null : this.connections.get(this.connections.size() - 1);
	}

	/**
	 * The change set that is open has failed.
	 */
	public void fail() {
		this.lastingBefore |= this.lasting;
		end();
	}

	/**
	 * The change set that is open has ended without a failure.
	 */
	public void end() {
		if (this.open != null) {
			this.open.restorePreconditions();
		}
		this.steps = null;
		this.open = null;
		this.change = null;
	}

	/**
	 * Return whether what is executed now is a statement of a change set that is not one
	 * transaction.
	 */
	boolean isStepwise(Connection connection) throws SQLException {
		return this.change != null && this.steps != null && connection.getAutoCommit();
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
		if (stepwise != null && this.engine.getActivity() == Activity.RECORDING) {
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
	 * @param change the change
	 */
	public void beginChange(RunningChange change) {
		this.lasting |= change.elsewhere();
		this.begunAny = true;
		this.executedBeforeChange = this.executed;
		this.change = change;
	}

	/**
	 * The change that began last is over.
	 */
	public void endChange() {
		RunningChange ended = this.change;
		this.change = null;
		if (ended != null && ended.elsewhere() && this.executed == this.executedBeforeChange) {
			warn("%s executes nothing on the connection of the run".formatted(ended.name()));
		}
	}

	/**
	 * Find out with whose rights the failed change set has worked.
	 */
	public void findActingRole() {
		MergingConnection connection = lastConnection();
		this.actingRole = (connection != null) ? connection.findActingRole() : null;
	}

	/**
	 * Return the role with whose rights the failed change set has worked.
	 * @return the role as SQL writes it, or {@code null} when it is not known
	 */
	public @Nullable String getActingRole() {
		return this.actingRole;
	}

	/**
	 * Return whether a change has begun, which may have changed the session.
	 */
	boolean hasBegun() {
		return this.begunAny;
	}

	/**
	 * Return whether the engine now does work of its own: the record of a change set, or
	 * the release of its lock.
	 */
	boolean isOwnWork() {
		return this.engine.getActivity() != Activity.EXECUTING;
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
		RunningChangeSet changeSet = this.open;
		if (changeSet != null && this.change != null && !this.lasting) {
			this.lasting = !changeSet.isOneTransaction() || connection.getAutoCommit()
					|| Operation.of(sql).mayEndTransaction();
		}
	}

	/**
	 * Note that the transaction of the change set is about to be committed before its row
	 * is written.
	 */
	void autoCommitting() {
		this.lasting |= this.change != null;
	}

	/**
	 * Return whether everything is undone that the run has done and not recorded, once
	 * the server has ended its session.
	 * @return whether the run may be repeated as far as its transactions are concerned
	 */
	public boolean isRepeatable() {
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
			.formatted(this.open.getReference(), why)
				+ "that dies in it can leave it done but not recorded, so let it be repeatable");
	}

	/**
	 * Return whether a commit now is one that the engine makes before it writes the
	 * record.
	 */
	boolean isMerging() {
		RunningChangeSet changeSet = this.open;
		return changeSet != null && changeSet.isOneTransaction() && !changeSet.isSkipped()
				&& this.engine.getActivity() == Activity.EXECUTING;
	}

	/**
	 * Check that the engine executes nothing that it has not announced to this run.
	 */
	void requireAnnounced() throws SQLException {
		this.engine.requireAnnounced();
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
	 * Nothing may be executed or committed any more: what the engine takes for committed
	 * is not.
	 */
	void breakOff(String why) {
		if (this.broken == null) {
			this.broken = why;
		}
	}

	void breakOffOpen() {
		String changeSet = (this.open != null) ? this.open.getReference().toString() : "";
		breakOff("Change set %s was rolled back after %s had taken it for committed".formatted(changeSet,
				this.engine.getName()));
	}

	void requireWhole() throws SQLException {
		if (this.engine.getActivity() == Activity.RELEASING) {
			return;
		}
		if (this.unfinished != null) {
			throw this.unfinished;
		}
		if (this.broken != null) {
			throw new SQLException(this.broken);
		}
	}

	/**
	 * Check, after a run that did not fail, that it did what the engine believes it did.
	 */
	public void finish() {
		if (this.unfinished != null) {
			throw new IllegalStateException(this.unfinished);
		}
		if (this.broken != null) {
			throw new IllegalStateException(this.broken);
		}
	}

}
