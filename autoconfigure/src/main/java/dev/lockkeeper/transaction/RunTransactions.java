// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.transaction;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import dev.lockkeeper.intent.IntentTable;
import dev.lockkeeper.intent.UnfinishedException;
import dev.lockkeeper.lock.Lease;
import dev.lockkeeper.migration.RunControl;
import dev.lockkeeper.postgresql.OpenTransaction;
import dev.lockkeeper.postgresql.SessionIdentity;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.transaction.RunningEngine.Activity;
import dev.lockkeeper.transaction.StepwiseChangeSet.Step;
import org.jspecify.annotations.Nullable;

/**
 * Controls the commits of one run. An engine commits a change set, then its record: the
 * first commit is deferred, and the second one carries both, after it has been proved
 * that the lease is still held. Used by the thread that runs.
 *
 * @since 0.1.0
 */
public final class RunTransactions {

	private final Lease lease;

	private final @Nullable IntentTable intents;

	private final RunningEngine engine;

	private final RunIntegrity integrity = new RunIntegrity();

	private final Fence fence;

	private final List<MergingConnection> connections = new CopyOnWriteArrayList<>();

	/**
	 * The change set that is under way; {@code null} between two.
	 */
	private @Nullable OpenChangeSet open;

	/**
	 * Whether a change has begun.
	 */
	private boolean begunAny;

	/**
	 * Whether a change set that failed may have done something that stays.
	 */
	private boolean failedLasting;

	private final KeptRole keptRole = new KeptRole();

	private @Nullable String actingRole;

	private final LockLimits limits;

	private final Contention contention = new Contention();

	/**
	 * Create the transactions of a run.
	 * @param lease the lock
	 * @param control stops the run when the lease turns out to be lost
	 * @param intents remembers what is done outside of a transaction; {@code null} to not
	 * remember it
	 * @param engine executes the change sets
	 * @param limits how long change sets wait for locks
	 */
	public RunTransactions(Lease lease, RunControl control, @Nullable IntentTable intents, RunningEngine engine,
			LockLimits limits) {
		this.lease = lease;
		this.limits = limits;
		this.intents = intents;
		this.engine = engine;
		this.fence = new Fence(lease, control, this.integrity);
	}

	/**
	 * Control the commits of a connection.
	 * @param own the rights with which its session was opened; {@code null} when they are
	 * not known
	 */
	Connection wrap(Connection connection, @Nullable SessionIdentity own) {
		MergingConnection merging = new MergingConnection(connection, own, this);
		this.connections.add(merging);
		return merging.asConnection();
	}

	private @Nullable MergingConnection lastConnection() {
		return this.connections.isEmpty() ? null : this.connections.get(this.connections.size() - 1);
	}

	/**
	 * A change set begins.
	 * @param changeSet the change set
	 */
	public void begin(RunningChangeSet changeSet) {
		// The engine does not end one that it skips
		end();
		requireNoContention();
		OpenChangeSet begun = new OpenChangeSet(changeSet, this.limits);
		this.open = begun;
		this.fence.stopIfLost();
		String executor = changeSet.getExecutor();
		if (executor != null) {
			warn(begun, "it runs with " + executor);
		}
	}

	/**
	 * Let the session of a change set that begins be as each one finds it, and find out
	 * what an earlier run has done of it, before the engine evaluates its preconditions.
	 * @throws SQLException when that cannot be found out
	 */
	public void resume() throws SQLException {
		OpenChangeSet begun = this.open;
		MergingConnection connection = lastConnection();
		if (connection != null) {
			this.keptRole.keep(connection);
		}
		if (begun == null || begun.getChangeSet().isOneTransaction() || this.intents == null || connection == null) {
			return;
		}
		StepwiseChangeSet stepwise = new StepwiseChangeSet(begun.getChangeSet(), this.intents, this.lease.getHolder(),
				connection.getOwn(), this.fence::prove, begun.getLimits());
		begun.continueWith(stepwise, connection.apart(stepwise::resume));
	}

	/**
	 * Return whether an earlier run has noted a change set that has a record of its
	 * failure, so that this run may take that record away and go on with the change set.
	 * @param changeSet the change set
	 * @return whether it is noted
	 * @throws SQLException when that cannot be found out, or when only an operator knows
	 * whether its last statement was done
	 */
	public boolean isNoted(ChangeSetReference changeSet) throws SQLException {
		IntentTable table = this.intents;
		MergingConnection connection = lastConnection();
		return table != null && connection != null
				&& connection.apart((apart) -> EarlierRun.isNoted(apart, table, changeSet));
	}

	/**
	 * A change begins. The run executes nothing in its transaction, because the first
	 * statement of the change may be one that must come first.
	 * @param change the change
	 */
	public void beginChange(RunningChange change) {
		this.begunAny = true;
		if (this.open != null) {
			this.open.beginChange(change);
		}
	}

	/**
	 * The change that began last is over.
	 */
	public void endChange() {
		if (this.open != null) {
			String apart = this.open.endChange();
			if (apart != null) {
				warn(this.open, apart);
			}
		}
	}

	/**
	 * The change set that is open has failed.
	 */
	public void fail() {
		this.failedLasting |= this.open != null && this.open.isLasting() && this.contention.getFailure() == null;
		this.keptRole.uncertain();
		end();
	}

	/**
	 * The change set that is open has ended without a failure.
	 */
	public void end() {
		if (this.open != null) {
			if (!this.open.getChangeSet().isOneTransaction()) {
				this.keptRole.uncertain();
			}
			this.open.end();
			this.open = null;
		}
	}

	// Elsewhere than on PostgreSQL nothing is expected to be in one transaction
	private void warn(OpenChangeSet changeSet, String why) {
		if (!this.connections.isEmpty()) {
			changeSet.warn(why);
		}
	}

	/**
	 * Return whether a change has begun, which may have changed the session.
	 */
	boolean hasBegun() {
		return this.begunAny;
	}

	/**
	 * Return whether the engine now does work of its own, for which the session has to be
	 * as it was opened: the record of a change set, or the release of its lock.
	 */
	boolean isOwnWork() {
		return this.engine.getActivity() != Activity.EXECUTING && !this.engine.restoresSession();
	}

	/**
	 * Return whether a commit now is one that the engine makes before it writes the
	 * record.
	 */
	boolean isMerging() {
		return this.open != null && this.open.isMerging(this.engine.getActivity());
	}

	/**
	 * Check that something more may be executed or committed.
	 */
	void requireWhole() throws SQLException {
		if (this.engine.getActivity() != Activity.RELEASING) {
			this.integrity.require();
			this.contention.requireNone();
		}
	}

	/**
	 * Statements are about to be executed, by which an engine may show what it does.
	 */
	void announce(List<String> statements) {
		this.engine.executing(String.join(";", statements));
	}

	/**
	 * Something is about to be executed.
	 */
	void executing(Connection connection, String sql) throws SQLException {
		if (this.open != null) {
			this.open.executing(connection, sql);
		}
	}

	/**
	 * Execute a statement that may change something.
	 */
	<T> T execute(Connection connection, Step<T> step) throws SQLException {
		if (this.engine.getActivity() == Activity.RECORDING && connection.getAutoCommit()) {
			return record(connection, step);
		}
		if (this.open == null) {
			return step.execute();
		}
		try {
			return this.open.execute(connection, step);
		}
		catch (UnfinishedException ex) {
			// Also where the change set is allowed to fail
			this.integrity.unfinished(ex);
			throw ex;
		}
	}

	// The engine would let the server commit the record by itself: without a proof that
	// the lease is held, and before the intent is deleted
	private <T> T record(Connection connection, Step<T> step) throws SQLException {
		connection.setAutoCommit(false);
		T result;
		try {
			result = step.execute();
			committing(connection);
			prove(connection);
			connection.commit();
		}
		catch (SQLException | RuntimeException | Error ex) {
			StepwiseChangeSet.rollback(connection, ex);
			throw ex;
		}
		connection.setAutoCommit(true);
		committed();
		return result;
	}

	/**
	 * Limit how long the statement waits and takes that is about to be executed.
	 */
	String limit(Connection connection, TransactionTimeouts session) throws SQLException {
		if (connection.getAutoCommit() || OpenTransaction.hasFailed(connection)) {
			return "";
		}
		if (this.open == null || this.engine.getActivity() != Activity.EXECUTING) {
			return session.putBack();
		}
		return this.open.limit(session, this.limits.repeatable() && !this.failedLasting);
	}

	/**
	 * The statement has ended.
	 */
	void limited() {
		if (this.open != null) {
			this.open.limited();
		}
	}

	/**
	 * Something has failed.
	 */
	void failed(SQLException failure) {
		if (this.open != null && this.limits.repeatable() && this.engine.getActivity() == Activity.EXECUTING) {
			this.contention.failed(this.open, failure);
		}
	}

	/**
	 * The failure of a statement was taken back by a rollback to a savepoint.
	 */
	void rolledBackPartly() {
		this.contention.takenBack();
	}

	/**
	 * Check that no other session was in the way of a change set.
	 * @throws IllegalStateException when one was
	 */
	public void requireNoContention() {
		this.contention.requireNoneAnnounced();
	}

	/**
	 * Return what was in the way of a change set, which can be executed once more.
	 * @return the failure, or {@code null} when nothing was
	 */
	public @Nullable LockFailure getLockFailure() {
		return (this.failedLasting || this.integrity.isUnfinished()) ? null : this.contention.getFailure();
	}

	/**
	 * Something was executed.
	 * @param committed whether the transaction of the connection is not open any more
	 */
	void executed(boolean committed) {
		OpenChangeSet changeSet = this.open;
		if (changeSet != null) {
			changeSet.executed();
			if (committed && isMerging()) {
				changeSet.committed();
				warn(changeSet, "its SQL ends the transaction");
			}
		}
	}

	/**
	 * A commit is about to be made. When it is that of a record, the intent of the change
	 * set is deleted with it.
	 */
	void committing(Connection connection) throws SQLException {
		this.engine.requireAnnounced();
		if (this.open != null && this.engine.getActivity() == Activity.RECORDING) {
			try {
				this.open.recording(connection);
			}
			catch (UnfinishedException ex) {
				this.integrity.unfinished(ex);
				throw ex;
			}
		}
	}

	/**
	 * A commit was made.
	 */
	void committed() {
		if (this.engine.getActivity() == Activity.RECORDING) {
			this.engine.recorded();
		}
	}

	/**
	 * The connection of the driver is about to be handed out: what it executes is not
	 * seen.
	 */
	void unwrapping(Connection connection) throws SQLException {
		OpenChangeSet changeSet = this.open;
		if (changeSet != null && changeSet.isNoting(connection)) {
			changeSet.committed();
			warn(changeSet, "it uses the connection of the driver, and what that executes is not noted");
		}
	}

	/**
	 * The transaction is about to be committed by a change of the auto-commit mode.
	 */
	void autoCommitting() {
		if (this.open != null) {
			this.open.autoCommitting();
		}
	}

	/**
	 * The transaction of the change set is about to be committed before its record is
	 * written, because it may not write any more although it has written.
	 */
	void endsReadOnly() {
		if (this.open != null) {
			this.open.committed();
			warn(this.open, "it makes its transaction read-only after it has written");
		}
	}

	/**
	 * Prove that the lease is held, in the transaction that is about to be committed.
	 */
	void prove(Connection connection) throws SQLException {
		this.fence.prove(connection);
	}

	/**
	 * Prove likewise in a transaction that may only read.
	 */
	void proveApart(Connection connection) throws SQLException {
		this.fence.proveApart(connection);
	}

	/**
	 * What the engine takes for committed was rolled back.
	 */
	void breakOff() {
		String what = (this.open != null) ? "Change set " + this.open.getChangeSet().getReference() : "A change set";
		this.integrity
			.breakOff("%s was rolled back after %s had taken it for committed".formatted(what, this.engine.getName()));
	}

	/**
	 * Find out which role's rights the failed change set had.
	 */
	public void findActingRole() {
		MergingConnection connection = lastConnection();
		this.actingRole = (connection != null) ? connection.findActingRole() : null;
	}

	/**
	 * Return the role whose rights the failed change set had.
	 * @return the role as SQL writes it, or {@code null} when it is not known
	 */
	public @Nullable String getActingRole() {
		return this.actingRole;
	}

	/**
	 * Return whether everything is undone that the run has done and not recorded, once
	 * the server has ended its session.
	 * @return whether the run may be repeated as far as its transactions are concerned
	 */
	public boolean isRepeatable() {
		return !this.failedLasting && !(this.open != null && this.open.isLasting()) && !this.integrity.isUnfinished();
	}

	/**
	 * Return whether something has failed because the session is gone, or cannot write
	 * any more.
	 */
	boolean isSessionLost() {
		return this.connections.stream().anyMatch(MergingConnection::isLost);
	}

	/**
	 * Check, after a run that did not fail, that it did what the engine reports.
	 */
	public void finish() {
		requireNoContention();
		this.integrity.requireAtEnd();
	}

}
