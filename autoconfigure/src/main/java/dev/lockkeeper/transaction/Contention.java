// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.transaction;

import java.sql.SQLException;

import dev.lockkeeper.postgresql.SqlStates;
import org.jspecify.annotations.Nullable;

/**
 * Whether other sessions were in the way of a change set of the run. Once they were, the
 * run executes and commits nothing more, whether or not the change set is allowed to
 * fail: it breaks off, to be repeated.
 */
final class Contention {

	private @Nullable LockFailure failure;

	/**
	 * Something has failed in a change set. The first contention stays.
	 */
	void failed(OpenChangeSet changeSet, SQLException cause) {
		if (this.failure == null && changeSet.isContention(SqlStates.of(cause))) {
			StatementLimits limits = changeSet.getLimits();
			boolean over = SqlStates.isLockTimeout(SqlStates.of(cause));
			this.failure = new LockFailure(cause, over ? limits.getLastTimeout() : limits.getLockTimeout(),
					limits.isOnTables(), limits.getBlockers());
		}
	}

	/**
	 * The failure was taken back by a rollback to a savepoint.
	 */
	void takenBack() {
		this.failure = null;
	}

	/**
	 * Return what was in the way, or {@code null} when nothing was.
	 */
	@Nullable LockFailure getFailure() {
		return this.failure;
	}

	/**
	 * Check that something more may be executed or committed.
	 */
	void requireNone() throws SQLException {
		if (this.failure != null) {
			throw new SQLException("The change set is rolled back, because other sessions were in its way",
					this.failure.cause().getSQLState(), this.failure.cause());
		}
	}

	/**
	 * Check likewise where an engine announces what it does next.
	 */
	void requireNoneAnnounced() {
		if (this.failure != null) {
			throw new IllegalStateException("Other sessions were in the way of a change set", this.failure.cause());
		}
	}

}
