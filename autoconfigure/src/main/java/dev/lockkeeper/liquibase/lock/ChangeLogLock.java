// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase.lock;

import java.sql.Connection;
import java.sql.SQLException;

import dev.lockkeeper.connection.OwnConnections;
import dev.lockkeeper.engine.LockingEngine.HeldLock;
import dev.lockkeeper.migration.ReleasableLock;
import dev.lockkeeper.postgresql.SqlStates;
import dev.lockkeeper.wording.Durations;
import org.jspecify.annotations.Nullable;

/**
 * The changelog lock of one schema, inspected or released in place of its holder.
 *
 * @since 0.1.0
 */
public final class ChangeLogLock implements ReleasableLock {

	private final OwnConnections connections;

	private final StockLockRow row;

	/**
	 * Create a lock.
	 * @param connections opens connections to the database
	 * @param table the qualified name of the lock table
	 */
	public ChangeLogLock(OwnConnections connections, String table) {
		this.connections = connections;
		this.row = new StockLockRow(table);
	}

	/**
	 * Find the holder of the lock.
	 * @param connection a connection to the database
	 * @return the lock, or {@code null} when it is free
	 * @throws SQLException when the table cannot be read
	 */
	public @Nullable HeldLock find(Connection connection) throws SQLException {
		StockLock lock = this.row.read(connection);
		return (lock != null) ? new HeldLock(lock.toHolder(), lock.toRun()) : null;
	}

	/**
	 * Release the lock of a run that has ended without doing so. A lock table that does
	 * not exist holds no lock.
	 * @param connection a connection to the database
	 * @param run the holder of the lease under which the run took the lock
	 * @return the name of the holder in the table, or {@code null} when the run did not
	 * hold the lock
	 * @throws SQLException when the table cannot be written
	 */
	public @Nullable String release(Connection connection, String run) throws SQLException {
		String holder = StockLock.GOVERNED + run;
		try {
			return this.row.freeAndCommit(connection, holder) ? holder : null;
		}
		catch (SQLException ex) {
			if (SqlStates.isUndefinedTable(SqlStates.of(ex))) {
				return null;
			}
			throw ex;
		}
	}

	@Override
	public @Nullable Held findHeld() throws SQLException {
		try (Connection connection = this.connections.limited().getConnection()) {
			StockLock lock = this.row.read(connection);
			return (lock != null) ? held(lock, connection) : null;
		}
		catch (SQLException ex) {
			if (SqlStates.isUndefinedTable(SqlStates.of(ex))) {
				return null;
			}
			throw ex;
		}
	}

	private static Held held(StockLock lock, Connection connection) throws SQLException {
		String age = (lock.age() != null && !lock.age().isNegative())
				? ", for %s".formatted(Durations.inWords(lock.age())) : "";
		String holder = (lock.holder() != null) ? lock.holder() : "";
		String run = lock.toRun();
		String facts = "held by %s%s".formatted(lock, age);
		return new Held(holder, run, (run != null) ? facts : "%s; %s".formatted(facts, lock.sessions(connection)),
				lock);
	}

	@Override
	public String getAdviceWithoutHolder() {
		return "If no Liquibase is at work, set LOCKED to FALSE in its row.";
	}

	@Override
	public boolean release(Held found) throws SQLException {
		try (Connection connection = this.connections.limited().getConnection()) {
			return found.row() instanceof StockLock lock && this.row.freeAndCommit(connection, lock);
		}
	}

}
