// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.util.Optional;

import dev.lockkeeper.schema.LockHolder;

/**
 * The row of Liquibase's own lock, for those who do not run Liquibase.
 *
 * @param holder who holds it
 */
record StockLock(LockHolder holder) {

	/**
	 * What the names of governed runs begin with.
	 */
	static final String GOVERNED = "lockkeeper:";

	static Optional<StockLock> read(Connection connection, LiquibaseTables tables) throws SQLException {
		try (Statement statement = connection.createStatement();
				ResultSet result = statement
					.executeQuery("SELECT LOCKED, LOCKEDBY, LOCKGRANTED FROM %s".formatted(tables.lock()))) {
			if (!result.next() || !result.getBoolean(1) || result.getString(2) == null) {
				return Optional.empty();
			}
			Timestamp granted = result.getTimestamp(3);
			return Optional.of(new StockLock(
					new LockHolder(result.getString(2), (granted != null) ? granted.toInstant() : null, null)));
		}
	}

	boolean isGoverned() {
		return this.holder.holder().startsWith(GOVERNED);
	}

	/**
	 * Release it, if this holder still holds it.
	 * @return whether it did
	 */
	boolean release(Connection connection, LiquibaseTables tables) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(
				"UPDATE %s SET LOCKED = ?, LOCKEDBY = NULL, LOCKGRANTED = NULL WHERE ID = 1 ".formatted(tables.lock())
						+ "AND LOCKEDBY = ?")) {
			statement.setBoolean(1, false);
			statement.setString(2, this.holder.holder());
			return statement.executeUpdate() > 0;
		}
	}

}
