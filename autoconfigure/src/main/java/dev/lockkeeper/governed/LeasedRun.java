// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.governed;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

import javax.sql.DataSource;

import dev.lockkeeper.connection.OwnConnections;
import dev.lockkeeper.engine.Engine;
import dev.lockkeeper.engine.EngineMigration;
import dev.lockkeeper.engine.EngineRun;
import dev.lockkeeper.engine.EngineTraits;
import dev.lockkeeper.engine.SchemaTables;
import dev.lockkeeper.intent.IntentTable;
import dev.lockkeeper.lock.DroppableLease;
import dev.lockkeeper.lock.Lease;
import dev.lockkeeper.migration.LockNotGrantedException;
import dev.lockkeeper.migration.RunControl;
import dev.lockkeeper.migration.SessionLostException;
import dev.lockkeeper.postgresql.Backend;
import dev.lockkeeper.postgresql.SqlStates;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.DatabaseFailure;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.transaction.LockFailure;
import dev.lockkeeper.transaction.LockLimits;
import dev.lockkeeper.transaction.RunConnections;
import dev.lockkeeper.transaction.RunTransactions;
import dev.lockkeeper.wording.Durations;
import org.jspecify.annotations.Nullable;

/**
 * One run of an engine, under one lease.
 */
final class LeasedRun {

	private final String schema;

	private final EngineTraits traits;

	private final EngineMigration migration;

	private final OwnConnections connections;

	private final Lease lease;

	private final RunControl control;

	private final RunTransactions transactions;

	private final RunConnections runConnections;

	/** {@code null} when change sets wait for locks as long as it takes. */
	private final @Nullable LockWatch lockWatch;

	LeasedRun(String schema, Engine engine, SchemaTables tables, OwnConnections connections, Lease lease,
			RunControl control, Duration lockTimeout) {
		this.schema = schema;
		this.traits = engine.getTraits();
		this.migration = engine.prepare();
		this.connections = connections;
		this.lease = lease;
		this.control = control;
		// What could not be repeated waits as long as it takes
		boolean limited = !connections.isShared() && this.traits.repeatable() && lease.isFenced();
		this.lockWatch = limited ? new LockWatch(lockTimeout, connections, this::getBackend, this::isOwn) : null;
		this.transactions = new RunTransactions(lease, control, intents(schema, tables),
				this.migration.getRunningEngine(),
				(this.lockWatch != null) ? new LockLimits(lockTimeout, true, this.lockWatch) : LockLimits.NONE);
		this.runConnections = new RunConnections(connections, lease, this.transactions, control);
	}

	private @Nullable Backend getBackend() {
		return this.runConnections.getBackend();
	}

	private boolean isOwn(int pid) {
		return this.runConnections.isOwn(pid);
	}

	static IntentTable intents(String schema, SchemaTables tables) {
		return new IntentTable(schema, tables.intents(), tables.history());
	}

	/**
	 * Migrate.
	 * @param heldBack the change sets that newer code has replaced
	 * @param before what was found before the run
	 * @param dropped restores what was dropped beside the lease
	 * @throws SessionLostException when the connection of the run was lost
	 * @throws LockNotGrantedException when other sessions were in the way of a change set
	 */
	void migrate(List<ChangeSetReference> heldBack, @Nullable SchemaState before, Runnable dropped) throws Exception {
		try (RunObstacles obstacles = RunObstacles.watch(this.schema, this.connections, this.lease, this.runConnections,
				this.control); LockWatch watch = (this.lockWatch != null) ? this.lockWatch.start() : null) {
			if (this.traits.dropsFirst() && this.lease instanceof DroppableLease droppable) {
				droppable.dropBegins();
			}
			this.control.cancelWith(this.runConnections::abort);
			this.migration.migrate(new Arguments(heldBack, before, dropped));
			requireCommitted();
			this.runConnections.finish();
		}
		catch (Exception ex) {
			if (this.runConnections.isSessionLost() && !SqlStates.isSessionTimeout(SqlStates.of(ex))) {
				throw new SessionLostException(ex, isRepeatable());
			}
			LockFailure failure = this.transactions.getLockFailure();
			if (failure != null && this.runConnections.isMerging()) {
				throw new LockNotGrantedException(ex, describe(failure), failure.timeout(), failure.blockers());
			}
			throw ex;
		}
		finally {
			this.control.cancelWith(null);
			this.runConnections.closeAll();
		}
	}

	private static String describe(LockFailure failure) {
		String state = SqlStates.of(failure.cause());
		if (SqlStates.isLockTimeout(state)) {
			return "did not get a lock%s within %s".formatted(failure.onTables() ? " on a table" : "",
					Durations.inWords(failure.timeout()));
		}
		return (SqlStates.kindOf(state) == DatabaseFailure.LOCKED) ? "was chosen to end a deadlock"
				: "conflicted with another transaction";
	}

	private void requireCommitted() throws SQLException {
		this.transactions.finish();
		// An engine may not notice that it could not release its lock, and may take a
		// precondition that could not be evaluated for one that is not met
		if (this.runConnections.isSessionLost()) {
			throw new SQLException("The connection of the run was lost", SqlStates.CONNECTION_LOST);
		}
	}

	private boolean isRepeatable() {
		return !this.connections.isShared() && this.traits.repeatable() && this.runConnections.isMerging()
				&& this.transactions.isRepeatable();
	}

	/**
	 * Return the role whose rights the failed change set had.
	 * @return the role as SQL writes it, or {@code null} when it is not known
	 */
	@Nullable String getActingRole() {
		return this.transactions.getActingRole();
	}

	/**
	 * Return whether the run may still hold the engine's own lock.
	 */
	boolean mayHoldEngineLock() {
		return this.migration.mayHoldLock();
	}

	/**
	 * What the engine receives.
	 */
	private final class Arguments implements EngineRun {

		private final List<ChangeSetReference> heldBack;

		private final @Nullable SchemaState before;

		private final Runnable dropped;

		Arguments(List<ChangeSetReference> heldBack, @Nullable SchemaState before, Runnable dropped) {
			this.heldBack = heldBack;
			this.before = before;
			this.dropped = dropped;
		}

		@Override
		public String getHolder() {
			return LeasedRun.this.lease.getHolder();
		}

		@Override
		public RunControl getControl() {
			return LeasedRun.this.control;
		}

		@Override
		public RunTransactions getTransactions() {
			return LeasedRun.this.transactions;
		}

		@Override
		public DataSource getConnections() {
			return LeasedRun.this.runConnections;
		}

		@Override
		public List<ChangeSetReference> getHeldBack() {
			return this.heldBack;
		}

		@Override
		public @Nullable SchemaState getBefore() {
			return this.before;
		}

		@Override
		public void begun() {
			if (LeasedRun.this.traits.dropsFirst()) {
				if (LeasedRun.this.lease instanceof DroppableLease droppable) {
					droppable.dropEnds();
				}
				this.dropped.run();
			}
		}

		@Override
		public void requireCommitted() throws SQLException {
			LeasedRun.this.requireCommitted();
		}

	}

}
