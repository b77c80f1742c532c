// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock.lease;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.Objects;

import dev.lockkeeper.database.ConnectedDatabase;
import dev.lockkeeper.lock.LockAddress;
import dev.lockkeeper.postgresql.Backend;
import org.jspecify.annotations.Nullable;

/**
 * The row of one lease, on PostgreSQL: the statements that ShedLock does not have.
 * Whether a lease holds is decided by the clock of the database at the moment of the
 * statement, not at the start of its transaction.
 *
 * @param table the qualified name of the table
 * @param lock the name of the lock
 */
record LeaseRow(String table, String lock) {

	private static final String HOLDS = "lock_until > timezone('utc', clock_timestamp())";

	private static final String SEES_COMMITS = "current_setting('transaction_isolation') LIKE 'read %'";

	private static final String READ_ONLY = "current_setting('transaction_read_only') = 'on'";

	/**
	 * Return the row of a lease, if the database identifies the sessions of holders.
	 * @return the row, or {@code null} where it is only what ShedLock makes of it
	 */
	static @Nullable LeaseRow of(Connection connection, LockAddress address) throws SQLException {
		return ConnectedDatabase.of(connection).identifiesSessions() ? new LeaseRow(address.table(), address.name())
				: null;
	}

	/**
	 * Read the row, whichever process holds the lease.
	 * @return its content, or {@code null} when there is no row
	 */
	@Nullable Found find(Connection connection) throws SQLException {
		try (PreparedStatement statement = connection
			.prepareStatement("SELECT locked_by, backend_pid, backend_start, %s, %s FROM %s WHERE name = ?"
				.formatted(HOLDS, READ_ONLY, this.table))) {
			statement.setString(1, this.lock);
			try (ResultSet rows = statement.executeQuery()) {
				if (!rows.next()) {
					return null;
				}
				int pid = rows.getInt(2);
				Backend backend = rows.wasNull() ? null : new Backend(pid, rows.getObject(3, OffsetDateTime.class));
				return new Found(rows.getString(1), backend, rows.getBoolean(4), rows.getBoolean(5));
			}
		}
	}

	/**
	 * Record the backend that works for a holder.
	 * @return whether the lease is the holder's
	 */
	boolean recordBackend(Connection connection, String holder, Backend backend) throws SQLException {
		try (PreparedStatement statement = connection
			.prepareStatement("UPDATE %s SET backend_pid = ?, backend_start = ? WHERE name = ? AND locked_by = ? AND %s"
				.formatted(this.table, HOLDS))) {
			statement.setInt(1, backend.pid());
			statement.setObject(2, backend.start());
			statement.setString(3, this.lock);
			statement.setString(4, holder);
			return statement.executeUpdate() == 1;
		}
	}

	/**
	 * Forget the backend, which is gone.
	 */
	void forget(Connection connection, String holder) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(
				"UPDATE %s SET backend_pid = NULL, backend_start = NULL WHERE name = ? AND locked_by = ? AND backend_pid IS NOT NULL"
					.formatted(this.table))) {
			statement.setString(1, this.lock);
			statement.setString(2, holder);
			statement.executeUpdate();
		}
	}

	/**
	 * End the lease of a holder whose backend is gone.
	 * @return whether it was still the lease that was found
	 */
	boolean endDead(Connection connection, Found found) throws SQLException {
		Backend backend = Objects.requireNonNull(found.backend());
		try (PreparedStatement statement = connection.prepareStatement(
				"UPDATE %s SET lock_until = timezone('utc', clock_timestamp()), backend_pid = NULL, backend_start = NULL "
					.formatted(this.table)
						+ "WHERE name = ? AND locked_by = ? AND backend_pid = ? AND backend_start IS NOT DISTINCT FROM ?")) {
			statement.setString(1, this.lock);
			statement.setString(2, found.holder());
			statement.setInt(3, backend.pid());
			statement.setObject(4, backend.start());
			return statement.executeUpdate() == 1;
		}
	}

	/**
	 * Prove that the lease is the holder's, and keep it so until the transaction ends.
	 * @return whether it is proved; never in a transaction that does not see what was
	 * committed since it began, where a row that was renewed cannot be locked
	 */
	boolean prove(Connection connection, String holder) throws SQLException {
		return isHeld(connection, holder, " AND " + SEES_COMMITS + " FOR SHARE");
	}

	/**
	 * Return whether the lease is the holder's at this moment.
	 */
	boolean isHeld(Connection connection, String holder) throws SQLException {
		return isHeld(connection, holder, "");
	}

	private boolean isHeld(Connection connection, String holder, String more) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(
				"SELECT 1 FROM %s WHERE name = ? AND locked_by = ? AND %s%s".formatted(this.table, HOLDS, more))) {
			statement.setString(1, this.lock);
			statement.setString(2, holder);
			try (ResultSet rows = statement.executeQuery()) {
				return rows.next();
			}
		}
	}

	/**
	 * Keep others from taking the lease until the transaction ends, in a way that needs
	 * no version of the row, and that a transaction which may only read can use.
	 * @return whether they are kept from it; not when another process is about to take it
	 */
	boolean keepOut(Connection connection) throws SQLException {
		return tryLock(connection, "pg_try_advisory_xact_lock_shared");
	}

	/**
	 * Return whether a holder {@linkplain #keepOut keeps others out}. To be called when
	 * the lease was seen to have ended: no holder begins to do so after that.
	 */
	boolean isKept(Connection connection) throws SQLException {
		return !tryLock(connection, "pg_try_advisory_xact_lock");
	}

	private boolean tryLock(Connection connection, String function) throws SQLException {
		try (PreparedStatement statement = connection
			.prepareStatement("SELECT %s(hashtextextended(?, 0))".formatted(function))) {
			statement.setString(1, "lockkeeper %s %s".formatted(this.table, this.lock));
			try (ResultSet rows = statement.executeQuery()) {
				rows.next();
				return rows.getBoolean(1);
			}
		}
	}

	/**
	 * The content of a row.
	 *
	 * @param holder the process that holds the lease, or held it last
	 * @param backend the backend that works, or worked, for the holder
	 * @param held whether the lease holds
	 * @param readOnly whether nothing can be written in the session that has read the row
	 */
	record Found(String holder, @Nullable Backend backend, boolean held, boolean readOnly) {
	}

}
