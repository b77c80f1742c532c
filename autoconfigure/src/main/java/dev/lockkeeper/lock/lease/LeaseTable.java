// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock.lease;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;

import dev.lockkeeper.database.ConnectedDatabase;
import dev.lockkeeper.dialect.Dialect;
import dev.lockkeeper.postgresql.OwnTable;
import dev.lockkeeper.postgresql.SqlStates;
import dev.lockkeeper.schema.LockHolder;
import dev.lockkeeper.schema.LockTenure;
import net.javacrumbs.shedlock.core.ClockProvider;
import org.jspecify.annotations.Nullable;

/**
 * The table of the leases. Its first four columns are the ones that ShedLock's
 * documentation requires. Times in them are UTC, or have a time zone.
 */
final class LeaseTable {

	private static final String COLUMNS = "name VARCHAR(255) NOT NULL PRIMARY KEY, lock_until %1$s NOT NULL, "
			+ "locked_at %1$s NOT NULL, locked_by VARCHAR(255) NOT NULL";

	private static final String BACKEND_COLUMNS = ", backend_pid INTEGER, backend_start TIMESTAMP WITH TIME ZONE";

	private LeaseTable() {
	}

	/**
	 * Create the table unless it is there. Several processes may do so at once.
	 * @param connection a connection in auto-commit mode
	 * @param table the qualified name of the table
	 * @throws SQLException when it is not there and cannot be created
	 */
	static void createIfMissing(Connection connection, String table) throws SQLException {
		String columns = COLUMNS.formatted(Dialect.of(connection).leaseType());
		OwnTable.first(ConnectedDatabase.of(connection).identifiesSessions() ? columns + BACKEND_COLUMNS : columns)
			.createIfMissing(connection, table, null);
	}

	/**
	 * Read what is known of a lease.
	 * @return the last holder, or {@code null} when there never was one
	 */
	static @Nullable LastHolder read(Connection connection, String table, String lock) throws SQLException {
		Dialect dialect = Dialect.of(connection);
		String now = dialect.leaseNow();
		String held = (now != null) ? "CASE WHEN lock_until > %s THEN 1 ELSE 0 END".formatted(now) : "0";
		try (PreparedStatement statement = connection.prepareStatement(
				"SELECT locked_by, locked_at, lock_until, %s AS held FROM %s WHERE name = ?".formatted(held, table))) {
			statement.setString(1, lock);
			try (ResultSet rows = statement.executeQuery()) {
				if (!rows.next()) {
					return null;
				}
				Instant until = dialect.readLeaseTime(rows, "lock_until");
				boolean holds = (now != null) ? rows.getInt("held") == 1
						: until != null && until.isAfter(ClockProvider.now());
				return new LastHolder(rows.getString("locked_by"), dialect.readLeaseTime(rows, "locked_at"), until,
						holds);
			}
		}
		catch (SQLException ex) {
			if (SqlStates.isUndefinedTable(SqlStates.of(ex))) {
				return null;
			}
			throw ex;
		}
	}

	/**
	 * The holder that a row names.
	 *
	 * @param name its name
	 * @param since when it took the lease
	 * @param until when the lease ends or has ended
	 * @param holds whether it still holds the lease
	 */
	record LastHolder(String name, @Nullable Instant since, @Nullable Instant until, boolean holds) {

		LockHolder toHolder() {
			return new LockHolder(this.name, this.since, this.until);
		}

		LockTenure toTenure() {
			return this.holds ? LockTenure.LASTING : LockTenure.over(this.until);
		}

	}

}
