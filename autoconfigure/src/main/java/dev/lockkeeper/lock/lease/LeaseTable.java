// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock.lease;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;

import dev.lockkeeper.dialect.Dialect;
import dev.lockkeeper.postgresql.OwnTable;
import dev.lockkeeper.postgresql.PostgreSql;
import dev.lockkeeper.postgresql.SessionActivity;
import dev.lockkeeper.schema.LockHolder;
import dev.lockkeeper.schema.LockReader;
import dev.lockkeeper.schema.RunActivity;
import org.jspecify.annotations.Nullable;

/**
 * The table of the leases. Its first four columns are the ones that ShedLock's
 * documentation asks for. Times in them are UTC, or know their zone.
 *
 * @since 0.1.0
 */
public final class LeaseTable implements LockReader {

	private static final String COLUMNS = "name VARCHAR(255) NOT NULL PRIMARY KEY, lock_until %1$s NOT NULL, "
			+ "locked_at %1$s NOT NULL, locked_by VARCHAR(255) NOT NULL";

	private static final String BACKEND_COLUMNS = ", backend_pid INTEGER, backend_start TIMESTAMP WITH TIME ZONE";

	private final Clock clock;

	/**
	 * Create a view on the table.
	 * @param clock tells whether a lease has expired, on a database whose clock is not
	 * asked
	 */
	public LeaseTable(Clock clock) {
		this.clock = clock;
	}

	/**
	 * Create the table unless it is there. Several processes may do so at once.
	 * @param connection a connection in auto-commit mode
	 * @param table the qualified name of the table
	 * @param readableLike the table whose readers may read it, if there is one
	 * @throws SQLException when it is not there and cannot be created
	 */
	static void createIfMissing(Connection connection, String table, @Nullable String readableLike)
			throws SQLException {
		String columns = COLUMNS.formatted(Dialect.of(connection).leaseType());
		OwnTable.createIfMissing(connection, table,
				PostgreSql.isServing(connection) ? columns + BACKEND_COLUMNS : columns, readableLike);
	}

	@Override
	public Optional<LockHolder> read(Connection connection, String table, String lock) throws SQLException {
		Dialect dialect = Dialect.of(connection);
		String now = dialect.leaseNow();
		String held = (now != null) ? "CASE WHEN lock_until > %s THEN 1 ELSE 0 END".formatted(now) : "0";
		try (PreparedStatement statement = connection.prepareStatement(
				"SELECT locked_by, locked_at, lock_until, %s FROM %s WHERE name = ?".formatted(held, table))) {
			statement.setString(1, lock);
			try (ResultSet rows = statement.executeQuery()) {
				if (!rows.next()) {
					return Optional.empty();
				}
				Instant until = dialect.readLeaseTime(rows, 3);
				boolean holds = (now != null) ? rows.getInt(4) == 1
						: until != null && until.isAfter(this.clock.instant());
				return holds ? Optional.of(new LockHolder(rows.getString(1), dialect.readLeaseTime(rows, 2), until))
						: Optional.empty();
			}
		}
	}

	@Override
	public RunActivity readActivity(Connection connection, String table, String lock) throws SQLException {
		if (!PostgreSql.isServing(connection)) {
			return RunActivity.UNKNOWN;
		}
		LeaseRow.Found found = new LeaseRow(table, lock).find(connection);
		return (found != null && found.held() && found.backend() != null)
				? SessionActivity.read(connection, found.backend()) : RunActivity.UNKNOWN;
	}

}
