// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;

/**
 * Answers which process holds the lock of a schema. Changes nothing, and may be used by
 * several threads at once.
 *
 * @since 0.1.0
 */
public interface LockReader {

	/**
	 * Find the process that holds the lock now. The answer is never empty while a process
	 * holds the lock.
	 * @param connection an open connection to the database of the schema, in auto-commit
	 * mode, for a lock that is kept there; it stays open, and as it was
	 * @return the holder, or empty when the lock is free
	 * @throws SQLException when it cannot be found out
	 */
	Optional<LockHolder> findHolder(Connection connection) throws SQLException;

	/**
	 * Find out whether a holder still holds the lock. No other holder ever has the same
	 * name, so a tenure that is over stays over.
	 * @param connection a connection as for {@link #findHolder}
	 * @param holder the name of the holder
	 * @return whether it does; by default, whether {@link #findHolder} finds it
	 * @throws SQLException when it cannot be found out
	 */
	default LockTenure findTenure(Connection connection, String holder) throws SQLException {
		boolean lasts = findHolder(connection).filter((found) -> found.holder().equals(holder)).isPresent();
		return lasts ? LockTenure.LASTING : LockTenure.over(null);
	}

	/**
	 * Read what the session does that works for the holder.
	 * @param connection a connection as for {@link #findHolder}
	 * @return what the database shows of it; by default nothing
	 * @throws SQLException when the database does not answer
	 */
	default RunActivity readActivity(Connection connection) throws SQLException {
		return RunActivity.UNKNOWN;
	}

}
