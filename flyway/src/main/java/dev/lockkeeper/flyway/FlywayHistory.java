// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import dev.lockkeeper.engine.HistoryMarks;
import dev.lockkeeper.postgresql.SqlStates;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.HistoryMark;
import dev.lockkeeper.schema.SchemaVersion;
import org.jspecify.annotations.Nullable;

/**
 * The history of migrations in a database, read without Flyway.
 *
 * @param exists whether there is a history; without one it has no rows
 * @param rows the rows, in the order of their execution
 */
record FlywayHistory(boolean exists, List<Row> rows) {

	private static final String NUMBER = "installed_rank";

	private static final String TIME = "installed_on";

	private static final List<String> COLUMNS = List.of(NUMBER, "version", "description", "type", "checksum", TIME,
			"success");

	static FlywayHistory read(Connection connection, FlywayTables tables) throws SQLException {
		List<Row> rows = new ArrayList<>();
		try (Statement statement = connection.createStatement();
				ResultSet result = statement.executeQuery("SELECT %s FROM %s ORDER BY %s"
					.formatted(String.join(", ", columns(tables)), tables.history(), tables.quoted(NUMBER)))) {
			while (result.next()) {
				rows.add(Row.of(result));
			}
		}
		catch (SQLException ex) {
			if (!SqlStates.isUndefinedTable(SqlStates.of(ex))) {
				throw ex;
			}
			return new FlywayHistory(false, List.of());
		}
		return new FlywayHistory(true, List.copyOf(rows));
	}

	static HistoryMark mark(Connection connection, FlywayTables tables) throws SQLException {
		return HistoryMarks.read(connection, tables.history(), tables.quoted(NUMBER), tables.quoted(TIME),
				columns(tables));
	}

	private static List<String> columns(FlywayTables tables) {
		return COLUMNS.stream().map(tables::quoted).toList();
	}

	/**
	 * Return the migrations that were executed and still count, in their order.
	 */
	List<SchemaVersion> toVersions() {
		List<SchemaVersion> versions = new ArrayList<>();
		for (Row row : this.rows) {
			if (row.isWithdrawal()) {
				int withdrawn = lastOf(versions, row.toReference());
				if (withdrawn >= 0) {
					versions.remove(withdrawn);
				}
			}
			else if (row.isMigration() && row.success()) {
				versions.add(new SchemaVersion(row.toReference(), null, row.installedOn(), row.rank()));
			}
		}
		return List.copyOf(versions);
	}

	private static int lastOf(List<SchemaVersion> versions, ChangeSetReference reference) {
		for (int i = versions.size() - 1; i >= 0; i--) {
			if (versions.get(i).changeSet().equals(reference)) {
				return i;
			}
		}
		return -1;
	}

	/**
	 * Return the rows of migrations that have failed.
	 */
	Stream<Row> failed() {
		return this.rows.stream().filter((row) -> !row.success());
	}

	/**
	 * One row.
	 *
	 * @param rank its number
	 * @param version the version; {@code null} for a repeatable migration
	 * @param description the description
	 * @param type what Flyway calls the kind of row
	 * @param checksum the checksum, if the migration has one
	 * @param installedOn when it was executed
	 * @param success whether it has succeeded
	 */
	record Row(int rank, @Nullable String version, String description, String type, @Nullable Integer checksum,
			@Nullable Instant installedOn, boolean success) {

		private static Row of(ResultSet result) throws SQLException {
			int checksum = result.getInt(5);
			Integer present = result.wasNull() ? null : checksum;
			Timestamp installedOn = result.getTimestamp(6);
			return new Row(result.getInt(1), result.getString(2), result.getString(3), result.getString(4), present,
					(installedOn != null) ? installedOn.toInstant() : null, result.getBoolean(7));
		}

		ChangeSetReference toReference() {
			return Migrations.reference(this.version, this.description);
		}

		// Flyway writes such a row when it creates a schema
		private boolean isMigration() {
			return !"SCHEMA".equals(this.type);
		}

		// A repair marks a migration as deleted, an undo takes it back
		private boolean isWithdrawal() {
			return "DELETE".equals(this.type) || this.type.startsWith("UNDO");
		}

	}

}
