// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.ledger;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;

import dev.lockkeeper.dialect.Dialect;
import dev.lockkeeper.postgresql.OwnTable;
import dev.lockkeeper.postgresql.SelectGrants;
import dev.lockkeeper.postgresql.SqlStates;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.RunEnd;
import dev.lockkeeper.schema.RunLedger;
import dev.lockkeeper.schema.RunOrigin;
import dev.lockkeeper.schema.RunRecord;
import dev.lockkeeper.schema.RunStart;
import org.jspecify.annotations.Nullable;

/**
 * The table of the runs. Times in it are UTC, by the clock of the process that wrote
 * them; the order of the runs is that of their numbers, which are given under the lock.
 * Texts that are too long are cut.
 *
 * @since 0.1.0
 */
public final class RunTable implements RunLedger {

	private static final String COLUMNS = "run_id VARCHAR(36) NOT NULL PRIMARY KEY, run_number BIGINT NOT NULL, "
			+ "history VARCHAR(255) NOT NULL, lock_name VARCHAR(255) NOT NULL, schema_name VARCHAR(255) NOT NULL, "
			+ "run_mode VARCHAR(20) NOT NULL, application VARCHAR(255) NOT NULL, version VARCHAR(255), "
			+ "host VARCHAR(255) NOT NULL, holder VARCHAR(255), code_level VARCHAR(64), pending INTEGER NOT NULL, "
			+ "history_rows INTEGER NOT NULL, from_version VARCHAR(1000), to_version VARCHAR(1000), applied INTEGER, "
			+ "status VARCHAR(20), code INTEGER, change_set_id VARCHAR(255), change_set_author VARCHAR(255), "
			+ "change_set_file VARCHAR(255), sql_state VARCHAR(10), message VARCHAR(2000), "
			+ "lock_wait_ms BIGINT NOT NULL, started_at %1$s NOT NULL, finished_at %1$s";

	private static final String INSERT = "INSERT INTO %s (run_id, run_number, history, lock_name, schema_name, run_mode, "
			+ "application, version, host, holder, code_level, pending, history_rows, from_version, lock_wait_ms, "
			+ "started_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

	private static final String END = "UPDATE %s SET status = ?, code = ?, applied = ?, to_version = ?, "
			+ "change_set_id = ?, change_set_author = ?, change_set_file = ?, sql_state = ?, message = ?, "
			+ "finished_at = ?, lock_wait_ms = coalesce(?, lock_wait_ms) WHERE run_id = ?";

	// Whoever holds the lock is named there; a released lock still names its last holder
	private static final String READ = "SELECT r.run_id, r.schema_name, r.run_mode, r.application, r.version, r.host, "
			+ "r.holder, r.code_level, r.pending, r.history_rows, r.from_version, r.to_version, r.applied, r.status, "
			+ "r.code, r.change_set_id, r.change_set_author, r.change_set_file, r.sql_state, r.message, "
			+ "r.lock_wait_ms, r.started_at, r.finished_at, CASE WHEN l.lock_until > %s THEN 1 ELSE 0 END, l.lock_until "
			+ "FROM %s r LEFT JOIN %s l ON l.name = r.lock_name AND l.locked_by = r.holder WHERE r.history = ? "
			+ "ORDER BY r.run_number DESC";

	private static final String OPEN = "SELECT run_id, history, history_rows FROM %s WHERE lock_name = ? "
			+ "AND status IS NULL AND run_id <> ?";

	private static final String NOT_HELD = " AND status IS NULL AND NOT EXISTS (SELECT 1 FROM %s l "
			+ "WHERE l.name = lock_name AND l.locked_by = holder)";

	private final int maxRuns;

	private final Clock clock;

	/**
	 * Create a view on the table.
	 * @param maxRuns the most runs that are kept of each history
	 * @param clock tells whether a lock has expired, on a database whose clock is not
	 * asked
	 */
	public RunTable(int maxRuns, Clock clock) {
		this.maxRuns = maxRuns;
		this.clock = clock;
	}

	@Override
	public void begin(Connection connection, Tables tables, RunStart run, Instant now) throws SQLException {
		createIfMissing(connection, tables);
		closeLeftOpen(connection, tables, run, now);
		if (!beginAgain(connection, tables, run)) {
			prune(connection, tables, insert(connection, tables, run));
		}
	}

	private static void createIfMissing(Connection connection, Tables tables) throws SQLException {
		OwnTable.createIfMissing(connection, tables.runs(), COLUMNS.formatted(Dialect.of(connection).utcType()),
				tables.history());
	}

	private boolean beginAgain(Connection connection, Tables tables, RunStart run) throws SQLException {
		// The order is told by numbers, and others may have run meanwhile
		long next = nextNumber(connection, tables);
		try (PreparedStatement statement = connection.prepareStatement(
				"UPDATE %s SET run_number = CASE WHEN run_number = ? THEN run_number ELSE ? END, holder = ?, status = NULL, code = NULL, applied = NULL, to_version = NULL, message = NULL, "
					.formatted(tables.runs()) + "finished_at = NULL WHERE run_id = ?")) {
			statement.setLong(1, next - 1);
			statement.setLong(2, next);
			statement.setString(3, cut(run.holder(), 255));
			statement.setString(4, run.runId());
			return statement.executeUpdate() == 1;
		}
	}

	private static long insert(Connection connection, Tables tables, RunStart run) throws SQLException {
		long number = nextNumber(connection, tables);
		try (PreparedStatement statement = connection.prepareStatement(INSERT.formatted(tables.runs()))) {
			RunOrigin origin = run.origin();
			statement.setString(1, run.runId());
			statement.setLong(2, number);
			statement.setString(3, tables.history());
			statement.setString(4, tables.lock());
			statement.setString(5, cut(run.schema(), 255));
			statement.setString(6, cut(origin.mode(), 20));
			statement.setString(7, cut(origin.application(), 255));
			statement.setString(8, cut(origin.version(), 255));
			statement.setString(9, cut(origin.host(), 255));
			statement.setString(10, cut(run.holder(), 255));
			statement.setString(11, run.level());
			statement.setInt(12, run.pending());
			statement.setInt(13, run.rows());
			statement.setString(14, cut(run.from(), 1000));
			statement.setLong(15, run.lockWait().toMillis());
			statement.setObject(16, utc(run.at()));
			statement.executeUpdate();
		}
		return number;
	}

	private static long nextNumber(Connection connection, Tables tables) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(
				"SELECT COALESCE(MAX(run_number), 0) + 1 FROM %s WHERE history = ?".formatted(tables.runs()))) {
			statement.setString(1, tables.history());
			try (ResultSet rows = statement.executeQuery()) {
				rows.next();
				return rows.getLong(1);
			}
		}
	}

	private void prune(Connection connection, Tables tables, long newest) throws SQLException {
		try (PreparedStatement statement = connection
			.prepareStatement("DELETE FROM %s WHERE history = ? AND run_number <= ?".formatted(tables.runs()))) {
			statement.setString(1, tables.history());
			statement.setLong(2, newest - this.maxRuns);
			statement.executeUpdate();
		}
	}

	private static void closeLeftOpen(Connection connection, Tables tables, RunStart run, Instant now)
			throws SQLException {
		for (LeftOpen left : readLeftOpen(connection, tables, run)) {
			boolean same = left.history().equals(tables.history());
			RunEnd end = RunEnd.crashed(same ? Math.max(0, run.rows() - left.rows()) : 0, same ? run.from() : null,
					now);
			try (PreparedStatement statement = connection
				.prepareStatement((END + NOT_HELD).formatted(tables.runs(), tables.locks()))) {
				set(statement, left.runId(), end, null);
				statement.executeUpdate();
			}
		}
	}

	private static List<LeftOpen> readLeftOpen(Connection connection, Tables tables, RunStart run) throws SQLException {
		List<LeftOpen> left = new ArrayList<>();
		try (PreparedStatement statement = connection.prepareStatement(OPEN.formatted(tables.runs()))) {
			statement.setString(1, tables.lock());
			statement.setString(2, run.runId());
			try (ResultSet rows = statement.executeQuery()) {
				while (rows.next()) {
					left.add(new LeftOpen(rows.getString(1), rows.getString(2), rows.getInt(3)));
				}
			}
		}
		return left;
	}

	@Override
	public void end(Connection connection, Tables tables, RunRecord run) throws SQLException {
		RunEnd end = run.end();
		if (end == null) {
			throw new IllegalArgumentException("The run has not ended");
		}
		if (!writeEnd(connection, tables, run.start(), end)) {
			createIfMissing(connection, tables);
			insert(connection, tables, run.start());
			writeEnd(connection, tables, run.start(), end);
		}
		// Those who may read the history may have been told so only in this run
		SelectGrants.copy(connection, tables.history(), tables.runs());
		SelectGrants.copy(connection, tables.history(), tables.locks());
	}

	private static boolean writeEnd(Connection connection, Tables tables, RunStart start, RunEnd end)
			throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(END.formatted(tables.runs()))) {
			set(statement, start.runId(), end, start.lockWait());
			return statement.executeUpdate() == 1;
		}
		catch (SQLException ex) {
			if (SqlStates.isUndefinedTable(SqlStates.of(ex))) {
				return false;
			}
			throw ex;
		}
	}

	private static void set(PreparedStatement statement, String runId, RunEnd end, @Nullable Duration lockWait)
			throws SQLException {
		ChangeSetReference changeSet = end.changeSet();
		statement.setString(1, cut(end.status(), 20));
		statement.setObject(2, end.code(), Types.INTEGER);
		statement.setInt(3, end.applied());
		statement.setString(4, cut(end.version(), 1000));
		statement.setString(5, (changeSet != null) ? cut(changeSet.id(), 255) : null);
		statement.setString(6, (changeSet != null) ? cut(changeSet.author(), 255) : null);
		statement.setString(7, (changeSet != null) ? cut(changeSet.file(), 255) : null);
		statement.setString(8, cut(end.sqlState(), 10));
		statement.setString(9, cut(end.message(), 2000));
		statement.setObject(10, utc(end.at()));
		statement.setObject(11, (lockWait != null) ? lockWait.toMillis() : null, Types.BIGINT);
		statement.setString(12, runId);
	}

	@Override
	public List<RunRecord> read(Connection connection, Tables tables, Found found, int limit) throws SQLException {
		Dialect dialect = Dialect.of(connection);
		String now = dialect.leaseNow();
		List<RunRecord> runs = new ArrayList<>();
		try (PreparedStatement statement = connection
			.prepareStatement(READ.formatted((now != null) ? now : "?", tables.runs(), tables.locks()))) {
			int parameter = 1;
			if (now == null) {
				statement.setObject(parameter++, utc(this.clock.instant()));
			}
			statement.setString(parameter, tables.history());
			statement.setMaxRows(limit);
			try (ResultSet rows = statement.executeQuery()) {
				while (rows.next()) {
					runs.add(run(rows, found, dialect));
				}
			}
		}
		catch (SQLException ex) {
			if (!SqlStates.isUndefinedTable(SqlStates.of(ex))) {
				throw ex;
			}
		}
		return runs;
	}

	private static RunRecord run(ResultSet rows, Found found, Dialect dialect) throws SQLException {
		RunStart start = new RunStart(rows.getString(1), rows.getString(2),
				new RunOrigin(rows.getString(3), rows.getString(4), rows.getString(5), rows.getString(6)),
				rows.getString(7), rows.getString(8), rows.getInt(9), rows.getInt(10), rows.getString(11),
				Duration.ofMillis(rows.getLong(21)), instant(rows, 22));
		String status = rows.getString(14);
		if (status != null) {
			return new RunRecord(start, end(rows, status, start));
		}
		boolean held = rows.getInt(24) == 1;
		return new RunRecord(start, held ? null : RunEnd.crashed(Math.max(0, found.rows() - start.rows()),
				found.version(), lastSign(rows, start, dialect)));
	}

	// The same at every look. The row of the lock may have another holder by now
	private static Instant lastSign(ResultSet rows, RunStart start, Dialect dialect) throws SQLException {
		Instant until = dialect.readLeaseTime(rows, 25);
		return (until != null) ? until : start.at();
	}

	private static RunEnd end(ResultSet rows, String status, RunStart start) throws SQLException {
		int code = rows.getInt(15);
		Integer known = rows.wasNull() ? null : code;
		String id = rows.getString(16);
		ChangeSetReference changeSet = (id != null) ? new ChangeSetReference(id, rows.getString(17), rows.getString(18))
				: null;
		return RunEnd.read(status, known, rows.getInt(13), rows.getString(12), changeSet, rows.getString(19),
				rows.getString(20), start.at(), instant(rows, 23));
	}

	private static Instant instant(ResultSet rows, int column) throws SQLException {
		return rows.getObject(column, LocalDateTime.class).toInstant(ZoneOffset.UTC);
	}

	private static LocalDateTime utc(Instant instant) {
		return LocalDateTime.ofInstant(instant, ZoneOffset.UTC);
	}

	// PostgreSQL takes no text with a zero in it
	private static @Nullable String cut(@Nullable String text, int length) {
		if (text == null) {
			return null;
		}
		String clean = text.replace("\0", "");
		if (clean.length() <= length) {
			return clean;
		}
		int end = Character.isHighSurrogate(clean.charAt(length - 2)) ? length - 2 : length - 1;
		return clean.substring(0, end) + "…";
	}

	/**
	 * A run that was left open.
	 *
	 * @param runId the identifier
	 * @param history the history that it ran on
	 * @param rows the number of rows that this had
	 */
	private record LeftOpen(String runId, String history, int rows) {
	}

}
