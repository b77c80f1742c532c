// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.ledger;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;

import dev.lockkeeper.dialect.Dialect;
import dev.lockkeeper.postgresql.OwnTable;
import dev.lockkeeper.postgresql.SqlStates;
import dev.lockkeeper.schema.ScriptRecord;
import dev.lockkeeper.schema.ScriptRecords;
import org.jspecify.annotations.Nullable;

/**
 * The table of the scripts. Times in it are UTC.
 *
 * @since 0.1.0
 */
public final class ScriptTable implements ScriptRecords {

	private static final String COLUMNS = "digest VARCHAR(64) NOT NULL, initializer VARCHAR(255) NOT NULL, "
			+ "script VARCHAR(1000) NOT NULL, run_order INT NOT NULL, executed_at %s NOT NULL, PRIMARY KEY (digest)";

	private static final int MAXIMUM_NAME = 255;

	private static final int MAXIMUM_SCRIPT = 1000;

	@Override
	public void provide(Connection connection, String table, String readableLike) throws SQLException {
		OwnTable.first(COLUMNS.formatted(Dialect.of(connection).utcType()))
			.createIfMissing(connection, table, readableLike);
	}

	@Override
	public @Nullable List<ScriptRecord> read(Connection connection, String table) throws SQLException {
		List<ScriptRecord> records = new ArrayList<>();
		try (Statement statement = connection.createStatement();
				ResultSet rows = statement.executeQuery(
						"SELECT digest, initializer, script, run_order, executed_at FROM %s ORDER BY run_order"
							.formatted(table))) {
			while (rows.next()) {
				records.add(new ScriptRecord(rows.getString(1), rows.getString(2), rows.getString(3), rows.getInt(4),
						rows.getObject(5, LocalDateTime.class).toInstant(ZoneOffset.UTC)));
			}
			return List.copyOf(records);
		}
		catch (SQLException ex) {
			if (SqlStates.isUndefinedTable(SqlStates.of(ex))) {
				return null;
			}
			throw ex;
		}
	}

	@Override
	public void write(Connection connection, String table, ScriptRecord record) throws SQLException {
		int number = (record.number() > 0) ? record.number() : next(connection, table);
		LocalDateTime executedAt = LocalDateTime.ofInstant(record.executedAt(), ZoneOffset.UTC);
		try (PreparedStatement update = connection
			.prepareStatement("UPDATE %s SET run_order = ?, executed_at = ? WHERE digest = ?".formatted(table))) {
			update.setInt(1, number);
			update.setObject(2, executedAt);
			update.setString(3, record.digest());
			if (update.executeUpdate() > 0) {
				return;
			}
		}
		try (PreparedStatement insert = connection.prepareStatement(
				"INSERT INTO %s (digest, initializer, script, run_order, executed_at) VALUES (?, ?, ?, ?, ?)"
					.formatted(table))) {
			insert.setString(1, record.digest());
			insert.setString(2, atMost(record.initializer(), MAXIMUM_NAME));
			insert.setString(3, atMost(record.script(), MAXIMUM_SCRIPT));
			insert.setInt(4, number);
			insert.setObject(5, executedAt);
			insert.executeUpdate();
		}
	}

	private static int next(Connection connection, String table) throws SQLException {
		try (Statement statement = connection.createStatement();
				ResultSet rows = statement.executeQuery("SELECT MAX(run_order) FROM %s".formatted(table))) {
			rows.next();
			return rows.getInt(1) + 1;
		}
	}

	private static String atMost(String text, int length) {
		return (text.length() > length) ? text.substring(0, length) : text;
	}

}
