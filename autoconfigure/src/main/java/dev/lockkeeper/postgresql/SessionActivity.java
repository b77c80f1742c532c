// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;

import dev.lockkeeper.schema.RunActivity;
import dev.lockkeeper.schema.RunActivity.Blocker;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * What the server shows of a session that works.
 *
 * @since 0.1.0
 */
public final class SessionActivity {

	private static final Log logger = LogFactory.getLog(SessionActivity.class);

	/**
	 * Sees what the login may see, also when the session has taken on a role that may not
	 * see it. The role is set first, because the process identifier comes from what sets
	 * it, and holds until the statement ends.
	 */
	private static final String AS_LOGIN = "(SELECT set_config('role', 'none', true) AS role OFFSET 0) login";

	private static final String OF_LOGIN = "CASE login.role WHEN 'none' THEN ? ELSE 0 END";

	/**
	 * The sessions {@code a}, by their process identifiers {@code b.pid}, for which the
	 * one with a process identifier waits.
	 */
	static final String BLOCKING = AS_LOGIN + ", LATERAL unnest(pg_blocking_pids(" + OF_LOGIN + ")) AS b(pid) "
			+ "LEFT JOIN LATERAL (SELECT * FROM pg_stat_activity s WHERE s.pid = b.pid OFFSET 0) a ON true";

	// Of a session that the login may not see, all is hidden but that it exists. The
	// counters of a phase stay full in those that follow and have none
	private static final String SESSION = """
			SELECT a.state = 'active', a.query,
				LEAST(a.xact_start, CASE a.state WHEN 'active' THEN a.query_start END),
				COALESCE(
					(SELECT CASE WHEN phase LIKE 'waiting %' OR phase LIKE '%: sorting %' THEN NULL
							WHEN blocks_total > blocks_done THEN blocks_done::float8 / blocks_total
							WHEN tuples_total > 0 THEN tuples_done::float8 / tuples_total
							WHEN blocks_total > 0 THEN 1 END
						FROM pg_stat_progress_create_index WHERE pid = a.pid),
					(SELECT CASE phase WHEN 'seq scanning heap' THEN heap_blks_scanned::float8 / nullif(heap_blks_total, 0)
							WHEN 'writing new heap' THEN heap_tuples_written::float8 / nullif(heap_tuples_scanned, 0) END
						FROM pg_stat_progress_cluster WHERE pid = a.pid),
					(SELECT CASE phase WHEN 'scanning heap' THEN heap_blks_scanned::float8 / nullif(heap_blks_total, 0)
							WHEN 'vacuuming heap' THEN heap_blks_vacuumed::float8 / nullif(heap_blks_total, 0) END
						FROM pg_stat_progress_vacuum WHERE pid = a.pid),
					(SELECT sample_blks_scanned::float8 / nullif(sample_blks_total, 0)
						FROM pg_stat_progress_analyze WHERE pid = a.pid AND phase LIKE 'acquiring %'),
					(SELECT bytes_processed::float8 / nullif(bytes_total, 0)
						FROM pg_stat_progress_copy WHERE pid = a.pid))
			"""
			+ "FROM " + AS_LOGIN + ", LATERAL (SELECT * FROM pg_stat_activity s WHERE s.pid = " + OF_LOGIN
			+ " OFFSET 0) a WHERE a.datname = current_database() AND (a.backend_start = ?::timestamptz) IS NOT FALSE";

	private static final String BLOCKERS = "SELECT DISTINCT b.pid, a.application_name, a.usename, a.state, "
			+ "a.xact_start, a.query FROM " + BLOCKING + " WHERE b.pid <> pg_backend_pid() ORDER BY b.pid LIMIT 10";

	private SessionActivity() {
	}

	/**
	 * Read what a session does. What the role may not see, or the server does not show,
	 * is left out.
	 * @param connection another connection to the same database, in auto-commit mode
	 * @param backend the backend of the session
	 * @return what it does
	 */
	public static RunActivity read(Connection connection, Backend backend) {
		try (PreparedStatement statement = connection.prepareStatement(SESSION)) {
			statement.setInt(1, backend.pid());
			statement.setObject(2, backend.start());
			try (ResultSet rows = statement.executeQuery()) {
				if (!rows.next()) {
					return RunActivity.UNKNOWN;
				}
				String kind = rows.getBoolean(1) ? StatementKind.of(rows.getString(2)) : null;
				double done = rows.getDouble(4);
				Double progress = rows.wasNull() ? null : Math.min(1, done);
				return new RunActivity(instant(rows, 3), kind, progress, blockers(connection, backend.pid()));
			}
		}
		catch (SQLException ex) {
			logger.debug("lockkeeper - what the session of the run does cannot be read", ex);
			return RunActivity.UNKNOWN;
		}
	}

	/**
	 * Find the sessions for which a session waits. The one that executes this query is
	 * left out: building an index concurrently waits for every snapshot, and so for that
	 * of the query itself.
	 * @param connection another connection to the same database, in auto-commit mode
	 * @param backend the backend of the session
	 * @return those that it waits for, none when it does not wait for a lock
	 * @throws SQLException when the server does not answer
	 */
	public static List<Blocker> blockersOf(Connection connection, Backend backend) throws SQLException {
		return blockers(connection, backend.pid());
	}

	private static List<Blocker> blockers(Connection connection, int pid) throws SQLException {
		List<Blocker> blockers = new ArrayList<>();
		try (PreparedStatement statement = connection.prepareStatement(BLOCKERS)) {
			statement.setInt(1, pid);
			try (ResultSet rows = statement.executeQuery()) {
				while (rows.next()) {
					blockers.add(new Blocker(rows.getInt(1), text(rows, 2), text(rows, 3), text(rows, 4),
							instant(rows, 5), StatementBeginning.of(rows.getString(6))));
				}
			}
		}
		return blockers;
	}

	private static @Nullable String text(ResultSet rows, int column) throws SQLException {
		String text = rows.getString(column);
		return (text == null || text.isEmpty()) ? null : text;
	}

	private static @Nullable Instant instant(ResultSet rows, int column) throws SQLException {
		OffsetDateTime time = rows.getObject(column, OffsetDateTime.class);
		return (time != null) ? time.toInstant() : null;
	}

}
