// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

import dev.lockkeeper.lock.Lease;
import dev.lockkeeper.migration.RunControl;
import dev.lockkeeper.migration.RunControl.StopReason;
import dev.lockkeeper.postgresql.PostgreSql;
import liquibase.Scope;
import liquibase.change.Change;
import liquibase.change.core.ExecuteShellCommandChange;
import liquibase.change.custom.CustomChangeWrapper;
import liquibase.change.custom.CustomSqlChange;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.ChangeSet.ExecType;
import liquibase.executor.jvm.JdbcExecutor;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.util.StringUtils;

/**
 * Decides what becomes of the commits of one run. Liquibase commits a change set, then
 * its row in the history: the first commit is left out, and the second one carries both,
 * after it has been proved that the lease is still held. Used by the thread that runs.
 */
final class RunTransactions {

	private static final Log logger = LogFactory.getLog(RunTransactions.class);

	private final @Nullable Lease lease;

	private final String leaseTable;

	private final RunControl control;

	private final List<MergingConnection> connections = new CopyOnWriteArrayList<>();

	private final Set<ChangeSet> seen = Collections.newSetFromMap(new IdentityHashMap<>());

	private boolean dropping;

	private boolean releasing;

	private @Nullable ChangeSet open;

	private boolean begun;

	private boolean warned;

	private long executed;

	private long executedBeforeChange;

	private @Nullable String broken;

	/**
	 * Create the transactions of a run.
	 * @param lease the lock, or {@code null} when nobody else can reach the database
	 * @param leaseTable the table of the lease
	 * @param dropping whether the run begins by dropping everything, that table too
	 * @param control is told when the lease turns out to be lost
	 */
	RunTransactions(@Nullable Lease lease, String leaseTable, boolean dropping, RunControl control) {
		this.lease = lease;
		this.leaseTable = leaseTable;
		this.dropping = dropping;
		this.control = control;
	}

	Connection wrap(Connection connection) {
		MergingConnection merging = new MergingConnection(connection, this);
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
		this.open = changeSet;
		this.warned = false;
		if (this.lease != null && this.lease.isLost()) {
			this.control.stop(StopReason.LEASE_LOST);
		}
		if (StringUtils.hasText(changeSet.getRunWith()) && !"jdbc".equalsIgnoreCase(changeSet.getRunWith())) {
			warn("it runs with " + changeSet.getRunWith());
		}
		this.begun = false;
	}

	void end() {
		this.open = null;
	}

	/**
	 * A change begins. Liquibase has rolled back what it looked at before the first one.
	 */
	void beginChange() throws SQLException {
		if (!this.begun) {
			this.begun = true;
			for (MergingConnection connection : this.connections) {
				connection.begin();
			}
		}
		this.executedBeforeChange = this.executed;
	}

	void endChange(Change change) {
		if (this.executed == this.executedBeforeChange && worksElsewhere(change)) {
			warn("%s executes nothing on the connection of the run".formatted(change.getSerializedObjectName()));
		}
	}

	private static boolean worksElsewhere(Change change) {
		return change instanceof ExecuteShellCommandChange || (change instanceof CustomChangeWrapper custom
				&& !(custom.getCustomChange() instanceof CustomSqlChange));
	}

	/**
	 * Liquibase releases its lock: the run is over, whatever has happened.
	 */
	void release() {
		this.releasing = true;
	}

	/**
	 * Note that something was executed.
	 * @param committed whether the transaction of the connection is not open any more
	 */
	void executed(boolean committed) {
		this.executed++;
		if (committed && isMerging()) {
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
				&& changeSet.getExecType() != ExecType.SKIPPED
				&& Scope.getCurrentScope().get(JdbcExecutor.SHOULD_UPDATE_ROWS_AFFECTED_SCOPE_KEY, Boolean.TRUE);
	}

	/**
	 * Check that nothing has gone by that this run should have known.
	 */
	void requireListener() throws SQLException {
		ChangeSet executing = Scope.getCurrentScope().get(Scope.Attr.changeSet, ChangeSet.class);
		if (executing != null && executing.getOperationStartTime() != null && !this.seen.contains(executing)) {
			throw new SQLException("Change set %s began without Lockkeeper being told: something has replaced the "
				.formatted(executing)
					+ "ChangeExecListener of this Liquibase after its customizer. Add a listener, do not replace it");
		}
	}

	/**
	 * Prove that the lease is held, in the transaction that is about to be committed.
	 */
	void prove(Connection connection) throws SQLException {
		if (this.lease == null || (this.dropping && !PostgreSql.hasTable(connection, this.leaseTable))) {
			return;
		}
		if (!this.lease.prove(connection)) {
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
		if (this.broken != null && !this.releasing) {
			throw new SQLException(this.broken);
		}
	}

	/**
	 * Check, after a run that did not fail, that it did what Liquibase believes it did.
	 */
	void finish() {
		if (this.broken != null) {
			throw new IllegalStateException(this.broken);
		}
	}

}
