// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * A session for which another one waits. What the role may not see of it is {@code null}.
 *
 * @param backend its backend; that of a prepared transaction has the identifier 0
 * @param application the name that the session gave itself
 * @param login its login
 * @param client the address of its client
 * @param state what it does
 * @param since since when it does that
 * @param idle how long it has been idle in a transaction; {@code null} when it is not
 * @param ofDatabase whether it is one of the database in which it was found
 * @since 0.1.0
 */
public record BlockingSession(Backend backend, @Nullable String application, @Nullable String login,
		@Nullable String client, @Nullable String state, @Nullable OffsetDateTime since, @Nullable Duration idle,
		boolean ofDatabase) {

	/**
	 * How the names of Lockkeeper's own sessions begin.
	 */
	private static final String OURS = "lockkeeper ";

	private static final String BLOCKING = """
			SELECT DISTINCT b.pid, a.backend_start, a.application_name, a.usename, host(a.client_addr), a.state,
				a.state_change, CASE WHEN a.state LIKE 'idle in transaction%'
					THEN extract(epoch FROM clock_timestamp() - a.state_change) END,
				a.datname IS NOT DISTINCT FROM current_database()
			""" + "FROM " + SessionActivity.BLOCKING + """
			 WHERE b.pid <> pg_backend_pid() AND EXISTS (SELECT FROM pg_stat_activity w WHERE w.pid = ?
				AND (w.backend_start = ?::timestamptz) IS NOT FALSE)
			ORDER BY b.pid LIMIT 10
			""";

	private static final String HOLDS = "SELECT 1 FROM %s WHERE backend_pid = %d "
			+ "AND lock_until > timezone('utc', clock_timestamp())";

	private static final String TABLES = """
			SELECT c.oid::regclass, has_table_privilege(c.oid, 'SELECT')
				AND has_schema_privilege(c.relnamespace, 'USAGE')
			FROM pg_class c WHERE c.relname = ? AND c.relkind IN ('r', 'p') AND 2 = (SELECT count(*) FROM pg_attribute
				WHERE attrelid = c.oid AND attname IN ('backend_pid', 'backend_start') AND NOT attisdropped)
			""";

	/**
	 * Find the sessions for which a session waits. The one that executes this query is
	 * left out: building an index concurrently waits for every snapshot, and so for that
	 * of the query itself.
	 * @param connection another connection to the same database, in auto-commit mode
	 * @param waiting the backend of the session
	 * @return those that it waits for, none when it does not wait for a lock
	 * @throws SQLException when the server does not answer
	 */
	public static List<BlockingSession> of(Connection connection, Backend waiting) throws SQLException {
		List<BlockingSession> blocking = new ArrayList<>();
		try (PreparedStatement statement = connection.prepareStatement(BLOCKING)) {
			statement.setInt(1, waiting.pid());
			statement.setInt(2, waiting.pid());
			statement.setObject(3, waiting.start());
			try (ResultSet rows = statement.executeQuery()) {
				while (rows.next()) {
					blocking.add(read(rows));
				}
			}
		}
		return blocking;
	}

	private static BlockingSession read(ResultSet rows) throws SQLException {
		double idle = rows.getDouble(8);
		Duration idleFor = rows.wasNull() ? null : Duration.ofMillis((long) (idle * 1000));
		return new BlockingSession(new Backend(rows.getInt(1), rows.getObject(2, OffsetDateTime.class)),
				rows.getString(3), rows.getString(4), rows.getString(5), rows.getString(6),
				rows.getObject(7, OffsetDateTime.class), idleFor, rows.getBoolean(9));
	}

	/**
	 * Return whether this is a session of Lockkeeper that has been idle in a transaction
	 * for longer than any that is at work, and that holds no lease or one that has run
	 * out: nothing is lost when it is ended.
	 * @param connection another connection to the same database, in auto-commit mode
	 * @param leaseTable the name, without a schema, of the tables in which leases have
	 * the backends of their holders
	 * @return whether it is known to be; not when one of these tables may not be read
	 * @throws SQLException when the server does not answer
	 */
	public boolean isForgotten(Connection connection, String leaseTable) throws SQLException {
		if (this.application == null || !this.application.startsWith(OURS) || this.backend.start() == null
				|| !this.ofDatabase || this.idle == null || this.idle.compareTo(StartOptions.IDLE_IN_TRANSACTION) < 0) {
			return false;
		}
		try (PreparedStatement statement = connection.prepareStatement(TABLES)) {
			statement.setString(1, leaseTable);
			try (ResultSet rows = statement.executeQuery()) {
				while (rows.next()) {
					if (!rows.getBoolean(2) || holds(connection, rows.getString(1))) {
						return false;
					}
				}
			}
		}
		return true;
	}

	private boolean holds(Connection connection, String table) throws SQLException {
		try (Statement statement = connection.createStatement();
				ResultSet rows = statement.executeQuery(HOLDS.formatted(table, this.backend.pid()))) {
			return rows.next();
		}
	}

	/**
	 * Describe the session, so that an operator can find it.
	 * @return what the server shows of it
	 */
	public String describe() {
		if (this.backend.pid() == 0) {
			return "a prepared transaction, see pg_prepared_xacts";
		}
		List<String> facts = new ArrayList<>(List.of("pid " + this.backend.pid()));
		if (this.login != null) {
			facts.add("login " + this.login);
		}
		if (this.application != null && !this.application.isBlank()) {
			facts.add("application " + this.application);
		}
		facts.add((this.client != null) ? "client " + this.client : "client not shown");
		if (this.state != null) {
			facts.add((this.since != null) ? "%s since %s".formatted(this.state, this.since.toInstant()) : this.state);
		}
		return String.join(", ", facts);
	}

}
