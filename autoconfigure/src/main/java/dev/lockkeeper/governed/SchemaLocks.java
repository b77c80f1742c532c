// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.governed;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;

import dev.lockkeeper.connection.OwnConnections;
import dev.lockkeeper.engine.Engine;
import dev.lockkeeper.engine.LockingEngine;
import dev.lockkeeper.engine.LockingEngine.HeldLock;
import dev.lockkeeper.engine.SchemaTables;
import dev.lockkeeper.lock.LockAddress;
import dev.lockkeeper.lock.MigrationLock;
import dev.lockkeeper.lock.MigrationLocks;
import dev.lockkeeper.migration.ReleasableLock;
import dev.lockkeeper.schema.LockHolder;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * The locks of one schema, seen from outside of a run: the lease, and the lock that the
 * engine keeps, if it keeps one.
 */
final class SchemaLocks {

	private static final Log logger = LogFactory.getLog(SchemaLocks.class);

	private final MigrationLocks locks;

	private final @Nullable LockingEngine engine;

	private final OwnConnections connections;

	/**
	 * The governed run that holds the engine's own lock although its lease has ended, or
	 * the last run of this process when that could not release the lock.
	 */
	private volatile @Nullable String abandonedBy;

	SchemaLocks(MigrationLocks locks, Engine engine, OwnConnections connections) {
		this.locks = locks;
		this.engine = (engine instanceof LockingEngine locking) ? locking : null;
		this.connections = connections;
	}

	LockAddress addressOf(SchemaTables tables) {
		return new LockAddress(tables.leaseName(), tables.lease(), this.connections.limited());
	}

	/**
	 * Return the lock of the schema with these tables, whose place may change between
	 * inspections.
	 */
	MigrationLock of(SchemaTables tables) {
		return this.connections.isEmbedded() ? MigrationLock.local() : this.locks.at(addressOf(tables));
	}

	/**
	 * Read the holder that a run would have to wait for. What may not be read is left
	 * out: the history is enough to know the status.
	 */
	@Nullable LockHolder readHolder(Connection connection, SchemaTables tables) {
		Optional<LockHolder> lease = findHolder(connection, tables);
		if (this.engine == null) {
			return lease.orElse(null);
		}
		try {
			HeldLock lock = this.engine.findLock(connection);
			LockHolder holder = (lock != null) ? lock.holder() : null;
			String run = (lock != null) ? lock.run() : null;
			if (lease.isPresent()) {
				// The holder of the lease, too, waits for a process that is not governed
				return (holder != null && run == null) ? holder : lease.get();
			}
			this.abandonedBy = run;
			return holder;
		}
		catch (SQLException ex) {
			logger.trace("lockkeeper - the lock of the engine cannot be read", ex);
			return lease.orElse(null);
		}
	}

	private Optional<LockHolder> findHolder(Connection connection, SchemaTables tables) {
		try {
			return of(tables).findHolder(connection);
		}
		catch (SQLException | RuntimeException ex) {
			logger.trace("lockkeeper - the holder of the lock cannot be read", ex);
			return Optional.empty();
		}
	}

	/**
	 * Note that the run of this process could not release the engine's own lock.
	 * @param run the holder of its lease
	 */
	void abandoned(String run) {
		this.abandonedBy = run;
	}

	boolean isAbandoned() {
		return this.abandonedBy != null;
	}

	/**
	 * Release the engine's own lock in place of a dead run.
	 * @param dead the holder of a lease under which a run of this process has ended, or
	 * {@code null}
	 */
	void releaseAbandoned(@Nullable String dead) throws SQLException {
		LockingEngine locking = this.engine;
		String known = this.abandonedBy;
		if (locking == null) {
			return;
		}
		try (Connection connection = this.connections.limited().getConnection()) {
			if (known != null) {
				locking.releaseLock(connection, known);
			}
			if (dead != null) {
				locking.releaseLock(connection, dead);
			}
			this.abandonedBy = null;
		}
	}

	@Nullable ReleasableLock getReleasableLock() {
		return (this.engine != null) ? this.engine.getReleasableLock() : null;
	}

}
