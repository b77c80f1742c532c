// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase.run;

import java.sql.SQLException;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

import dev.lockkeeper.transaction.RunningEngine;
import liquibase.Scope;
import liquibase.changelog.ChangeSet;
import liquibase.executor.jvm.JdbcExecutor;

/**
 * What Liquibase does at this moment of a run. Used by the thread that runs.
 *
 * @since 0.1.0
 */
public class LiquibaseActivity implements RunningEngine {

	private final Set<ChangeSet> announced = Collections.newSetFromMap(new IdentityHashMap<>());

	private final Set<ChangeSet> rolledBack = Collections.newSetFromMap(new IdentityHashMap<>());

	private boolean locked;

	private boolean releasing;

	@Override
	public String getName() {
		return "Liquibase";
	}

	@Override
	public Activity getActivity() {
		if (this.releasing) {
			return Activity.RELEASING;
		}
		return isWritingRow() ? Activity.RECORDING : Activity.EXECUTING;
	}

	private static boolean isWritingRow() {
		return !Scope.getCurrentScope().get(JdbcExecutor.SHOULD_UPDATE_ROWS_AFFECTED_SCOPE_KEY, Boolean.TRUE);
	}

	/**
	 * Note that Liquibase has announced a change set that it will run.
	 * @param changeSet the change set
	 */
	public void announce(ChangeSet changeSet) {
		this.announced.add(changeSet);
		this.rolledBack.clear();
	}

	/**
	 * Note that the rollback of a change set begins. The run may not have executed that
	 * change set: Liquibase also writes the SQL of rollbacks to a file.
	 * @param changeSet the change set
	 */
	public void announceRollback(ChangeSet changeSet) {
		this.rolledBack.add(changeSet);
	}

	@Override
	public void requireAnnounced() throws SQLException {
		ChangeSet executing = Scope.getCurrentScope().get(Scope.Attr.changeSet, ChangeSet.class);
		if (executing != null && executing.getOperationStartTime() != null && !this.rolledBack.contains(executing)
				&& !this.announced.contains(executing)) {
			throw new SQLException("Change set %s began without notice to Lockkeeper: something has replaced the "
				.formatted(executing)
					+ "ChangeExecListener of this Liquibase after its customizer. Add a listener, do not replace it");
		}
	}

	/**
	 * Note that Liquibase begins to release its lock: the update is over, whether it
	 * succeeded or failed.
	 */
	public void releases() {
		this.releasing = true;
	}

	/**
	 * Note whether the run may hold the changelog lock. A run that takes the lock once
	 * more goes on: Liquibase updates, rolls back and updates again when it tests
	 * rollbacks.
	 * @param locked whether it may hold the lock
	 */
	public void locked(boolean locked) {
		this.locked = locked;
		this.releasing &= !locked;
	}

	/**
	 * Return whether the run may still hold the changelog lock.
	 * @return whether it may
	 */
	public boolean isLocked() {
		return this.locked;
	}

}
