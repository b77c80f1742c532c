// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.transaction;

import java.sql.Connection;
import java.sql.SQLException;

import dev.lockkeeper.lock.Lease;
import dev.lockkeeper.migration.RunControl;
import dev.lockkeeper.migration.RunControl.StopReason;
import dev.lockkeeper.postgresql.PostgreSql;

/**
 * Proves before a commit that the lease is still held. Where the proof fails, the run
 * stops, and commits nothing more.
 */
final class Fence {

	private static final String LOST = "The lease was lost, so nothing was committed";

	private final Lease lease;

	private final String table;

	private final RunControl control;

	private final RunIntegrity integrity;

	private boolean dropping;

	/**
	 * Create a fence.
	 * @param lease the lease to prove
	 * @param table the table of the lease
	 * @param dropping whether the run begins by dropping everything, that table too
	 * @param control stops the run
	 * @param integrity notes that nothing more may be committed
	 */
	Fence(Lease lease, String table, boolean dropping, RunControl control, RunIntegrity integrity) {
		this.lease = lease;
		this.table = table;
		this.dropping = dropping;
		this.control = control;
		this.integrity = integrity;
	}

	/**
	 * Everything that is to be dropped has been dropped, and the lease is back.
	 */
	void dropped() {
		this.dropping = false;
	}

	/**
	 * Stop the run if the lease is known to be lost.
	 */
	void stopIfLost() {
		if (this.lease.isLost()) {
			this.control.stop(StopReason.LEASE_LOST);
		}
	}

	/**
	 * Prove that the lease is held, in the transaction that is about to be committed.
	 */
	void prove(Connection connection) throws SQLException {
		if (!this.dropping || PostgreSql.hasTable(connection, this.table)) {
			require(this.lease.prove(connection));
		}
	}

	/**
	 * Prove that the lease is held, outside of the transaction that is about to be
	 * committed, because that one may only read.
	 */
	void proveApart(Connection connection) throws SQLException {
		require(this.lease.proveApart(connection));
	}

	private void require(boolean proved) throws SQLException {
		if (!proved) {
			this.control.stop(StopReason.LEASE_LOST);
			throw new SQLException(this.integrity.breakOff(LOST));
		}
	}

}
