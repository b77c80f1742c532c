// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.ledger;

import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;

import dev.lockkeeper.dialect.Dialect;
import dev.lockkeeper.postgresql.OwnTable;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.RunEnd;
import dev.lockkeeper.schema.RunLedger.Schema;
import dev.lockkeeper.schema.RunOrigin;
import dev.lockkeeper.schema.RunRecord;
import dev.lockkeeper.schema.RunStart;
import dev.lockkeeper.schema.TimesBlocked;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * One row of the table of the runs.
 *
 * @param history the history that the run was about
 * @param run the run; without an end, while none is written
 */
record RunRow(String history, RunRecord run) {

	private static final String COLUMNS = "run_id VARCHAR(36) NOT NULL PRIMARY KEY, run_number %2$s NOT NULL, "
			+ "history VARCHAR(255) NOT NULL, lock_name VARCHAR(255) NOT NULL, schema_name VARCHAR(255) NOT NULL, "
			+ "run_mode VARCHAR(20) NOT NULL, application VARCHAR(255) NOT NULL, version VARCHAR(255), "
			+ "host VARCHAR(255) NOT NULL, holder VARCHAR(255), code_level VARCHAR(64), pending INTEGER NOT NULL, "
			+ "history_rows INTEGER NOT NULL, from_version VARCHAR(1000), to_version VARCHAR(1000), applied INTEGER, "
			+ "status VARCHAR(20), code INTEGER, change_set_id VARCHAR(255), change_set_author VARCHAR(255), "
			+ "change_set_file VARCHAR(255), sql_state VARCHAR(10), message VARCHAR(2000), "
			+ "lock_wait_ms %2$s NOT NULL, started_at %1$s NOT NULL, finished_at %1$s";

	/**
	 * The most characters of a name.
	 */
	static final int NAME = 255;

	private static final int VERSION = 1000;

	private static final int MESSAGE = 2000;

	private static final int MODE = 20;

	private static final int STATE = 10;

	private static final String INSERT = "INSERT INTO %s (run_id, run_number, history, lock_name, schema_name, run_mode, "
			+ "application, version, host, holder, code_level, pending, history_rows, from_version, lock_wait_ms, "
			+ "started_at) VALUES (:run_id, :run_number, :history, :lock_name, :schema_name, :run_mode, :application, "
			+ ":version, :host, :holder, :code_level, :pending, :history_rows, :from_version, :lock_wait_ms, :started_at)";

	private static final String END = "UPDATE %s SET status = :status, code = :code, applied = :applied, "
			+ "to_version = :to_version, change_set_id = :change_set_id, change_set_author = :change_set_author, "
			+ "change_set_file = :change_set_file, sql_state = :sql_state, message = :message, "
			+ "finished_at = :finished_at, lock_wait_ms = coalesce(:lock_wait_ms, lock_wait_ms) WHERE run_id = :run_id";

	private static final String UNLESS_ENDED = " AND status IS NULL";

	private static final String FENCED = "fenced";

	private static final String FENCE = "UPDATE %s SET fenced = :fenced WHERE run_id = :run_id";

	/**
	 * The version of the table in which {@code fenced} appeared.
	 */
	private static final int WITH_FENCE = 2;

	private static final String TIMES_BLOCKED = "times_blocked";

	private static final String LAST_BLOCKED = "last_blocked";

	private static final String BLOCK = "UPDATE %s SET times_blocked = :times_blocked, last_blocked = :last_blocked "
			+ "WHERE run_id = :run_id";

	/**
	 * The version of the table that has both columns about other sessions in the way.
	 */
	private static final int WITH_BLOCKED = 4;

	static OwnTable table(Dialect dialect) {
		return OwnTable.first(COLUMNS.formatted(dialect.utcType(), dialect.longType()))
			.then(FENCED, dialect.booleanType())
			.then(TIMES_BLOCKED, "INTEGER")
			.then(LAST_BLOCKED, "VARCHAR(%d)".formatted(MESSAGE));
	}

	static void insert(JdbcClient client, Schema schema, RunStart run, long number) {
		RunOrigin origin = run.origin();
		client.sql(INSERT.formatted(schema.runs()))
			.param("run_id", run.runId())
			.param("run_number", number)
			.param("history", schema.name())
			.param("lock_name", schema.lockName())
			.param("schema_name", cut(run.schema(), NAME))
			.param("run_mode", cut(origin.mode(), MODE))
			.param("application", cut(origin.application(), NAME))
			.param("version", cut(origin.version(), NAME), Types.VARCHAR)
			.param("host", cut(origin.host(), NAME))
			.param("holder", cut(run.holder(), NAME), Types.VARCHAR)
			.param("code_level", run.level(), Types.VARCHAR)
			.param("pending", run.pending())
			.param("history_rows", run.rows())
			.param("from_version", cut(run.from(), VERSION), Types.VARCHAR)
			.param("lock_wait_ms", run.lockWait().toMillis())
			.param("started_at", utc(run.at()))
			.update();
	}

	/**
	 * Write what the first version of the table has no columns for.
	 * @param version the version that the table has
	 */
	static boolean complete(JdbcClient client, Schema schema, RunStart run, int version) {
		Boolean fenced = run.fenced();
		boolean found = fenced != null && version >= WITH_FENCE
				&& client.sql(FENCE.formatted(schema.runs()))
					.param("fenced", fenced)
					.param("run_id", run.runId())
					.update() == 1;
		return block(client, schema, run, version) || found;
	}

	/**
	 * Write how often other sessions were in the way, where the table has columns for it.
	 * @param version the version that the table has
	 */
	static boolean block(JdbcClient client, Schema schema, RunStart run, int version) {
		TimesBlocked blocked = run.blocked();
		return blocked.times() > 0 && version >= WITH_BLOCKED
				&& client.sql(BLOCK.formatted(schema.runs()))
					.param("times_blocked", blocked.times())
					.param("last_blocked", cut(blocked.last(), MESSAGE), Types.VARCHAR)
					.param("run_id", run.runId())
					.update() == 1;
	}

	static boolean end(JdbcClient client, Schema schema, String runId, RunEnd end, @Nullable Duration lockWait,
			boolean unlessEnded) {
		ChangeSetReference changeSet = end.changeSet();
		return client.sql((END + (unlessEnded ? UNLESS_ENDED : "")).formatted(schema.runs()))
			.param("status", cut(end.status(), MODE))
			.param("code", end.code(), Types.INTEGER)
			.param("applied", end.applied())
			.param("to_version", cut(end.version(), VERSION), Types.VARCHAR)
			.param("change_set_id", (changeSet != null) ? cut(changeSet.id(), NAME) : null, Types.VARCHAR)
			.param("change_set_author", (changeSet != null) ? cut(changeSet.author(), NAME) : null, Types.VARCHAR)
			.param("change_set_file", (changeSet != null) ? cut(changeSet.file(), NAME) : null, Types.VARCHAR)
			.param("sql_state", cut(end.sqlState(), STATE), Types.VARCHAR)
			.param("message", cut(end.message(), MESSAGE), Types.VARCHAR)
			.param("finished_at", utc(end.at()))
			.param("lock_wait_ms", (lockWait != null) ? lockWait.toMillis() : null, Types.BIGINT)
			.param("run_id", runId)
			.update() == 1;
	}

	static RunRow read(ResultSet rows) throws SQLException {
		RunStart start = new RunStart(rows.getString("run_id"), rows.getString("schema_name"),
				new RunOrigin(rows.getString("run_mode"), rows.getString("application"), rows.getString("version"),
						rows.getString("host")),
				rows.getString("holder"), rows.getString("code_level"), rows.getInt("pending"),
				rows.getInt("history_rows"), rows.getString("from_version"),
				Duration.ofMillis(rows.getLong("lock_wait_ms")), instant(rows, "started_at"), readFence(rows),
				readBlocked(rows));
		String status = rows.getString("status");
		return new RunRow(rows.getString("history"),
				new RunRecord(start, (status != null) ? readEnd(rows, status, start) : null));
	}

	private static @Nullable Boolean readFence(ResultSet rows) throws SQLException {
		int column = findColumn(rows, FENCED);
		if (column == 0) {
			return null;
		}
		boolean fenced = rows.getBoolean(column);
		return rows.wasNull() ? null : fenced;
	}

	private static TimesBlocked readBlocked(ResultSet rows) throws SQLException {
		int times = findColumn(rows, TIMES_BLOCKED);
		int last = findColumn(rows, LAST_BLOCKED);
		return (times != 0 && last != 0) ? new TimesBlocked(rows.getInt(times), rows.getString(last))
				: TimesBlocked.NONE;
	}

	// A table of an older version lacks the columns of the later ones
	private static int findColumn(ResultSet rows, String label) throws SQLException {
		ResultSetMetaData metaData = rows.getMetaData();
		int column = metaData.getColumnCount();
		while (column > 0 && !label.equalsIgnoreCase(metaData.getColumnLabel(column))) {
			column--;
		}
		return column;
	}

	private static RunEnd readEnd(ResultSet rows, String status, RunStart start) throws SQLException {
		int code = rows.getInt("code");
		Integer known = rows.wasNull() ? null : code;
		String id = rows.getString("change_set_id");
		ChangeSetReference changeSet = (id != null)
				? new ChangeSetReference(id, rows.getString("change_set_author"), rows.getString("change_set_file"))
				: null;
		return RunEnd.read(status, known, rows.getInt("applied"), rows.getString("to_version"), changeSet,
				rows.getString("sql_state"), rows.getString("message"), start.at(), instant(rows, "finished_at"));
	}

	private static Instant instant(ResultSet rows, String column) throws SQLException {
		return rows.getObject(column, LocalDateTime.class).toInstant(ZoneOffset.UTC);
	}

	private static LocalDateTime utc(Instant instant) {
		return LocalDateTime.ofInstant(instant, ZoneOffset.UTC);
	}

	// PostgreSQL takes no text with a zero in it
	static @Nullable String cut(@Nullable String text, int length) {
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

}
