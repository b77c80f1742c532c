// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

import dev.lockkeeper.engine.HistoryMarks;
import dev.lockkeeper.liquibase.run.ChangeSetKey;
import dev.lockkeeper.postgresql.SqlStates;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.HistoryMark;
import dev.lockkeeper.schema.SchemaVersion;
import liquibase.change.CheckSum;
import liquibase.changelog.ChangeSet.ExecType;
import liquibase.changelog.DatabaseChangeLog;
import liquibase.changelog.RanChangeSet;
import org.jspecify.annotations.Nullable;

/**
 * The history of change sets in a database, read without Liquibase's own services: those
 * create and change tables. A history table that is not there is an empty history.
 *
 * @param rows the rows, in the order of their execution
 */
record ChangeHistory(List<Row> rows) {

	private static final List<String> COLUMNS = List.of("ID", "AUTHOR", "FILENAME", "MD5SUM", "TAG", "DATEEXECUTED",
			"ORDEREXECUTED", "LIQUIBASE");

	static ChangeHistory read(Connection connection, LiquibaseTables tables) throws SQLException {
		List<Row> rows = new ArrayList<>();
		try (Statement statement = connection.createStatement();
				ResultSet result = statement.executeQuery("SELECT %s FROM %s ORDER BY ORDEREXECUTED, DATEEXECUTED"
					.formatted(String.join(", ", COLUMNS), tables.history()))) {
			while (result.next()) {
				rows.add(Row.of(result));
			}
		}
		catch (SQLException ex) {
			if (!SqlStates.isUndefinedTable(SqlStates.of(ex))) {
				throw ex;
			}
		}
		return new ChangeHistory(List.copyOf(rows));
	}

	static HistoryMark mark(Connection connection, LiquibaseTables tables) throws SQLException {
		return HistoryMarks.read(connection, tables.history(), "ORDEREXECUTED", "DATEEXECUTED", COLUMNS);
	}

	/**
	 * Return the rows in the form that is shown to users.
	 */
	List<SchemaVersion> toVersions() {
		return this.rows.stream().map(Row::toVersion).toList();
	}

	private static @Nullable Instant instant(@Nullable Timestamp timestamp) {
		return (timestamp != null) ? timestamp.toInstant() : null;
	}

	/**
	 * One executed change set.
	 *
	 * @param id the identifier
	 * @param author the author
	 * @param file the changelog file
	 * @param checkSum the checksum, {@code null} when it was cleared
	 * @param tag the tag, if the row has one
	 * @param executedAt when it was executed
	 * @param order its number
	 * @param liquibase the release of Liquibase that has written the row, if the row
	 * names it
	 */
	record Row(String id, String author, String file, @Nullable CheckSum checkSum, @Nullable String tag,
			@Nullable Instant executedAt, int order, @Nullable String liquibase) {

		static Row of(ResultSet result) throws SQLException {
			String checkSum = result.getString(4);
			return new Row(result.getString(1), result.getString(2), result.getString(3),
					(checkSum != null) ? CheckSum.parse(checkSum) : null, result.getString(5),
					instant(result.getTimestamp(6)), result.getInt(7), result.getString(8));
		}

		String key() {
			return ChangeSetKey.of(this.file, this.id, this.author);
		}

		SchemaVersion toVersion() {
			return new SchemaVersion(toReference(), this.tag, this.executedAt, this.order);
		}

		ChangeSetReference toReference() {
			return new ChangeSetReference(this.id, this.author, this.file);
		}

		/**
		 * Return the row as Liquibase sees it when it compares.
		 */
		RanChangeSet toRanChangeSet() {
			RanChangeSet row = new RanChangeSet(DatabaseChangeLog.normalizePath(this.file), this.id, this.author,
					this.checkSum, null, this.tag, ExecType.EXECUTED, null, null, null, null, null, this.file);
			row.setLiquibaseVersion(this.liquibase);
			return row;
		}

	}

}
