// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.ledger;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;

import dev.lockkeeper.dialect.Dialect;
import dev.lockkeeper.postgresql.OwnTable;
import dev.lockkeeper.postgresql.SqlStates;
import dev.lockkeeper.schema.LevelMemory;
import dev.lockkeeper.schema.SchemaLevel;

/**
 * The table of the levels. Times in it are UTC.
 *
 * @since 0.1.0
 */
public final class LevelTable implements LevelMemory {

	private static final String COLUMNS = "history VARCHAR(255) NOT NULL, level VARCHAR(64) NOT NULL, "
			+ "reached_at %s NOT NULL, PRIMARY KEY (history, level)";

	@Override
	public boolean isReached(Connection connection, String table, SchemaLevel level) throws SQLException {
		try (PreparedStatement statement = connection
			.prepareStatement("SELECT 1 FROM %s WHERE history = ? AND level = ?".formatted(table))) {
			statement.setString(1, level.history());
			statement.setString(2, level.digest());
			try (ResultSet rows = statement.executeQuery()) {
				return rows.next();
			}
		}
		catch (SQLException ex) {
			if (SqlStates.isUndefinedTable(SqlStates.of(ex))) {
				return false;
			}
			throw ex;
		}
	}

	@Override
	public void remember(Connection connection, String table, SchemaLevel level, Instant reachedAt)
			throws SQLException {
		OwnTable.first(COLUMNS.formatted(Dialect.of(connection).utcType()))
			.createIfMissing(connection, table, level.history());
		try (PreparedStatement statement = connection
			.prepareStatement("INSERT INTO %s (history, level, reached_at) VALUES (?, ?, ?)".formatted(table))) {
			statement.setString(1, level.history());
			statement.setString(2, level.digest());
			statement.setObject(3, LocalDateTime.ofInstant(reachedAt, ZoneOffset.UTC));
			statement.executeUpdate();
		}
		catch (SQLException ex) {
			if (!SqlStates.isRace(SqlStates.of(ex))) {
				throw ex;
			}
		}
	}

}
