// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.UUID;

import dev.lockkeeper.dialect.Dialect;
import org.jspecify.annotations.Nullable;

/**
 * Creates tables of our own, which several processes may do at once.
 *
 * @since 0.1.0
 */
public final class OwnTable {

	private static final int ATTEMPTS = 5;

	private OwnTable() {
	}

	/**
	 * Create a table unless it is there.
	 * @param connection a connection in auto-commit mode
	 * @param table the qualified name of the table
	 * @param columns the definitions of its columns
	 * @param readableLike the table whose readers may read it, if there is one
	 * @throws SQLException when it is not there and cannot be created
	 */
	public static void createIfMissing(Connection connection, String table, String columns,
			@Nullable String readableLike) throws SQLException {
		for (int attempt = 1; !exists(connection, table); attempt++) {
			try (Statement statement = connection.createStatement()) {
				create(statement, Dialect.of(connection), table, columns);
				if (readableLike != null) {
					SelectGrants.copy(connection, readableLike, table);
				}
			}
			catch (SQLException ex) {
				if (!SqlStates.isRace(SqlStates.of(ex)) || attempt == ATTEMPTS) {
					throw ex;
				}
			}
		}
	}

	// H2 shows a table to other sessions before it has its primary key. Rows that they
	// write until then may double, or go when the key cannot be created
	private static void create(Statement statement, Dialect dialect, String table, String columns) throws SQLException {
		if (dialect != Dialect.H2) {
			statement.execute("CREATE TABLE %s (%s)".formatted(table, columns));
			return;
		}
		String name = table.substring(table.lastIndexOf('.') + 1);
		String unfinished = "%slockkeeper_%s".formatted(table.substring(0, table.length() - name.length()),
				UUID.randomUUID().toString().replace('-', '_'));
		statement.execute("CREATE TABLE %s (%s)".formatted(unfinished, columns));
		try {
			statement.execute("ALTER TABLE %s RENAME TO %s".formatted(unfinished, name));
		}
		catch (SQLException ex) {
			statement.execute("DROP TABLE " + unfinished);
			if (!exists(statement.getConnection(), table)) {
				throw ex;
			}
		}
	}

	private static boolean exists(Connection connection, String table) throws SQLException {
		try (Statement statement = connection.createStatement();
				ResultSet rows = statement.executeQuery("SELECT 1 FROM %s WHERE 1 = 0".formatted(table))) {
			return !rows.next();
		}
		catch (SQLException ex) {
			if (SqlStates.isUndefinedTable(SqlStates.of(ex))) {
				return false;
			}
			throw ex;
		}
	}

}
