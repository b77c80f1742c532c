// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.transaction;

import java.sql.Connection;
import java.sql.SQLException;

import dev.lockkeeper.lock.Lease;
import dev.lockkeeper.migration.RunControl;
import dev.lockkeeper.migration.RunControl.StopReason;

/**
 * Proves before a commit that the lease is still held. Where the proof fails, the run
 * stops, and commits nothing more.
 */
final class Fence {

	private static final String LOST = "The lease was lost, so nothing was committed";

	private final Lease lease;

	private final RunControl control;

	private final RunIntegrity integrity;

	/**
	 * Create a fence.
	 * @param lease the lease to prove
	 * @param control stops the run
	 * @param integrity records that nothing more may be committed
	 */
	Fence(Lease lease, RunControl control, RunIntegrity integrity) {
		this.lease = lease;
		this.control = control;
		this.integrity = integrity;
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
		require(this.lease.prove(connection));
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
