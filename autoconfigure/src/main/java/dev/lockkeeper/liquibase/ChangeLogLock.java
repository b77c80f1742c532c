// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.sql.Connection;
import java.sql.SQLException;

import dev.lockkeeper.connection.OwnConnections;
import dev.lockkeeper.exit.Durations;
import dev.lockkeeper.migration.ReleasableLock;
import dev.lockkeeper.postgresql.SqlStates;
import org.jspecify.annotations.Nullable;

/**
 * The changelog lock of one schema, released in place of its holder.
 *
 * @param connections opens connections to the database
 * @param row where the lock is
 */
record ChangeLogLock(OwnConnections connections, StockLockRow row) implements ReleasableLock {

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
	public boolean release(Held found) throws SQLException {
		try (Connection connection = this.connections.limited().getConnection()) {
			return found.row() instanceof StockLock lock && this.row.freeAndCommit(connection, lock);
		}
	}

}
