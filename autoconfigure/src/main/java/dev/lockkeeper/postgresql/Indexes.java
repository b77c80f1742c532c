// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * The indexes that a concurrent build can leave invalid. Those of partitioned tables are
 * left out: they are invalid as long as a partition has none, and no build has failed
 * then.
 *
 * @since 0.1.0
 */
public final class Indexes {

	private static final Log logger = LogFactory.getLog(Indexes.class);

	private static final String COLUMNS = "SELECT c.oid::bigint, format('%I.%I', n.nspname, c.relname), "
			+ "c.relname, i.indisvalid AND i.indisready AND i.indislive, pg_has_role(c.relowner, 'USAGE') "
			+ "AND has_schema_privilege(n.oid, 'USAGE') FROM pg_index i "
			+ "JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
			+ "WHERE c.relkind = 'i'";

	private static final String INVALID = " AND NOT i.indisvalid AND n.nspname <> 'pg_catalog'";

	// Values that are too long for a table are in its TOAST table, whose index is
	// rebuilt with it
	private static final String OF_SCHEMA = " AND (n.nspname = ? OR i.indrelid IN (SELECT o.reltoastrelid FROM pg_class o "
			+ "JOIN pg_namespace s ON s.oid = o.relnamespace WHERE s.nspname = ?))";

	// Indexes of the tables whose owner's rights this role has: the others are not its
	// builds
	private static final String OWN = " AND pg_has_role(c.relowner, 'USAGE')";

	private static final String NOT_BEING_BUILT = " AND NOT EXISTS (SELECT FROM pg_locks l "
			+ "JOIN pg_stat_activity a ON a.pid = l.pid WHERE l.locktype = 'relation' "
			+ "AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
			+ "AND l.relation = i.indrelid AND l.mode = 'ShareUpdateExclusiveLock' AND l.granted "
			+ "AND l.pid <> pg_backend_pid() AND (a.query ILIKE '%concurrently%' OR (a.query = '<insufficient privilege>' "
			+ "AND l.pid NOT IN (SELECT pid FROM pg_stat_progress_vacuum UNION ALL SELECT pid FROM pg_stat_progress_analyze))))";

	private static final Pattern COPY = Pattern.compile(".*_cc(new|old)[0-9]*", Pattern.DOTALL);

	private static final String OF_TABLE = " AND i.indrelid = ?::oid";

	private static final String PROBE = "lockkeeper_probe";

	private Indexes() {
	}

	/**
	 * Find a table, or something else that can have indexes.
	 * @param connection a connection to PostgreSQL
	 * @param written the name as it is written in SQL, qualified or not
	 * @return the table, or {@code null} when there is none
	 * @throws SQLException when the server does not answer
	 */
	public static @Nullable Table table(Connection connection, String written) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(
				"SELECT c.oid::bigint, quote_ident(n.nspname), format('%I.%I', n.nspname, c.relname), c.relkind IN ('r', 'p') "
						+ "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass(?)")) {
			statement.setString(1, written);
			try (ResultSet rows = statement.executeQuery()) {
				return rows.next()
						? new Table(rows.getLong(1), rows.getString(2), rows.getString(3), rows.getBoolean(4)) : null;
			}
		}
	}

	/**
	 * Return the indexes of a table.
	 * @param connection a connection to PostgreSQL
	 * @param table the table
	 * @return its indexes
	 * @throws SQLException when the server does not answer
	 */
	public static List<Index> of(Connection connection, Table table) throws SQLException {
		return query(connection, COLUMNS + OF_TABLE, table.oid());
	}

	/**
	 * Find an index.
	 * @param connection a connection to PostgreSQL
	 * @param written the name as it is written in SQL, qualified or not
	 * @return the index, or {@code null} when there is none
	 * @throws SQLException when the server does not answer
	 */
	public static @Nullable Index find(Connection connection, String written) throws SQLException {
		List<Index> found = query(connection, COLUMNS + " AND c.oid = to_regclass(?)", written);
		return found.isEmpty() ? null : found.get(0);
	}

	/**
	 * Find an index by its identifier.
	 * @param connection a connection to PostgreSQL
	 * @param oid the identifier
	 * @return the index, or {@code null} when it is gone
	 * @throws SQLException when the server does not answer
	 */
	public static @Nullable Index find(Connection connection, long oid) throws SQLException {
		List<Index> found = query(connection, COLUMNS + " AND c.oid = ?::oid", oid);
		return found.isEmpty() ? null : found.get(0);
	}

	/**
	 * Return the invalid indexes of a table and its partitions.
	 * @param connection a connection to PostgreSQL
	 * @param written the name of the table, or of one of its indexes, as it is written in
	 * SQL
	 * @return the invalid indexes, those that a session is building included
	 * @throws SQLException when the server does not answer
	 */
	public static List<Index> invalidOf(Connection connection, String written) throws SQLException {
		return query(connection,
				"WITH t AS (SELECT coalesce((SELECT indrelid FROM pg_index WHERE indexrelid = r.oid), r.oid) AS oid "
						+ "FROM (SELECT to_regclass(?) AS oid) r) " + COLUMNS + INVALID
						+ " AND i.indrelid IN (SELECT unnest(ARRAY[o.oid, o.reltoastrelid]) FROM pg_class o "
						+ "WHERE o.oid IN (SELECT oid FROM t UNION SELECT relid FROM t, LATERAL pg_partition_tree(t.oid)))",
				written);
	}

	/**
	 * Return the invalid indexes of a schema that are this role's.
	 * @param connection a connection to PostgreSQL
	 * @param schema the name of the schema as the catalog has it; {@code null} for the
	 * whole database
	 * @return the invalid indexes, those that a session is building included
	 * @throws SQLException when the server does not answer
	 */
	public static List<Index> invalidIn(Connection connection, @Nullable String schema) throws SQLException {
		return (schema != null) ? query(connection, COLUMNS + INVALID + OWN + OF_SCHEMA, schema, schema)
				: query(connection, COLUMNS + INVALID + OWN);
	}

	/**
	 * Return whether an index is invalid, and no session is at work on it. A session that
	 * builds, rebuilds or drops one concurrently holds a lock on its table. When the
	 * statement of a session is not shown, every such lock counts but that of VACUUM and
	 * ANALYZE. Where the server does not show the holders of locks, this method waits for
	 * the lock.
	 * @param connection a connection to PostgreSQL in auto-commit mode
	 * @param index the index
	 * @return whether it is known to be
	 * @throws SQLException when the server does not answer
	 */
	public static boolean isAbandoned(Connection connection, Index index) throws SQLException {
		// In this order: a session that has finished has made the index valid before it
		// releases its lock
		try {
			if (query(connection, COLUMNS + NOT_BEING_BUILT + " AND c.oid = ?::oid", index.oid()).isEmpty()) {
				return false;
			}
		}
		catch (SQLException ex) {
			if (!SqlStates.isWithheld(ex.getSQLState())) {
				throw ex;
			}
			logger.debug("lockkeeper - the server does not show the holders of locks", ex);
			if (!awaitBuilders(connection, index)) {
				return false;
			}
		}
		Index now = find(connection, index.oid());
		return now != null && !now.valid();
	}

	private static List<Index> query(Connection connection, String sql, Object... parameters) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(sql)) {
			for (int i = 0; i < parameters.length; i++) {
				statement.setObject(i + 1, parameters[i]);
			}
			try (ResultSet rows = statement.executeQuery()) {
				List<Index> found = new ArrayList<>();
				while (rows.next()) {
					found.add(new Index(rows.getLong(1), rows.getString(2), rows.getString(3), rows.getBoolean(4),
							rows.getBoolean(5)));
				}
				return found;
			}
		}
	}

	/**
	 * Drop an index that is invalid. Waits for a session that is building it, and keeps
	 * it when it has become valid. Never blocks sessions that read or write the table.
	 * @param connection a connection in auto-commit mode
	 * @param table the table of the index; {@code null} to not wait for sessions that may
	 * be building
	 * @param index the index
	 * @return whether it was dropped; not when this role may not, which is logged: the
	 * TOAST tables are in a schema of the server's
	 * @throws SQLException when it cannot be dropped
	 */
	public static boolean dropInvalid(Connection connection, @Nullable Table table, Index index) throws SQLException {
		if (table != null && table.lockable()) {
			awaitBuilders(connection, table);
		}
		Index now = find(connection, index.oid());
		if (now == null || now.valid()) {
			return false;
		}
		if (!now.droppable()) {
			logger
				.warn("lockkeeper - an invalid index is left, which this role may not drop (%s); drop it as a superuser"
					.formatted(now.name()));
			return false;
		}
		try (Statement statement = connection.createStatement()) {
			statement.execute("DROP INDEX CONCURRENTLY " + now.name());
		}
		return true;
	}

	private static boolean awaitBuilders(Connection connection, Index index) throws SQLException {
		String name = nameOfTable(connection, index);
		if (name == null) {
			return false;
		}
		Table table = index.droppable() ? table(connection, name) : null;
		boolean over = table != null && table.lockable() && awaitBuildersAsLongAsItTakes(connection, table);
		if (!over) {
			logger.warn(
					"lockkeeper - cannot tell whether an index is invalid or still being built (%s); check, and drop it if no build is running"
						.formatted(index.name()));
		}
		return over;
	}

	private static boolean awaitBuildersAsLongAsItTakes(Connection connection, Table table) throws SQLException {
		logger.info(
				"lockkeeper - waiting until no session builds an index, or vacuums (table %s)".formatted(table.name()));
		ChangedTimeouts changed = ChangedTimeouts.waitForLocks(connection);
		try {
			awaitBuilders(connection, table);
			return true;
		}
		catch (SQLException ex) {
			if (SqlStates.isConnectionLost(ex.getSQLState())) {
				throw ex;
			}
			logger.debug("lockkeeper - a table could not be locked", ex);
			return false;
		}
		finally {
			changed.restore(connection);
		}
	}

	private static @Nullable String nameOfTable(Connection connection, Index index) throws SQLException {
		try (PreparedStatement statement = connection
			.prepareStatement("SELECT indrelid::regclass FROM pg_index WHERE indexrelid = ?::oid")) {
			statement.setLong(1, index.oid());
			try (ResultSet rows = statement.executeQuery()) {
				return rows.next() ? rows.getString(1) : null;
			}
		}
	}

	// A session that builds an index concurrently holds this lock, which conflicts with
	// itself
	private static void awaitBuilders(Connection connection, Table table) throws SQLException {
		connection.setAutoCommit(false);
		try (Statement statement = connection.createStatement()) {
			statement.execute("LOCK TABLE %s IN SHARE UPDATE EXCLUSIVE MODE".formatted(table.name()));
		}
		finally {
			connection.rollback();
			connection.setAutoCommit(true);
		}
	}

	/**
	 * Compare an index with the one that a statement would create: that index is made on
	 * an empty copy of the table, which is never committed, and the server describes
	 * both.
	 * @param connection a connection in auto-commit mode
	 * @param table the table
	 * @param index the index
	 * @param unique whether the statement would create a unique index
	 * @param rest what the statement has after the name of the table
	 * @return {@code null} when they are the same, else what is different
	 * @throws SQLException when the connection is lost
	 */
	public static @Nullable String difference(Connection connection, Table table, Index index, boolean unique,
			String rest) throws SQLException {
		connection.setAutoCommit(false);
		try (Statement statement = connection.createStatement()) {
			String found = describe(connection, index.oid());
			String copy = table.schema() + '.' + PROBE;
			statement.execute("CREATE TABLE %s (LIKE %s)".formatted(copy, table.name()));
			statement.execute("CREATE %sINDEX %s_index ON %s %s".formatted(unique ? "UNIQUE " : "", PROBE, copy, rest));
			Index stated = find(connection, copy + "_index");
			String wanted = (stated != null) ? describe(connection, stated.oid()) : "";
			return found.equals(wanted) ? null : "it is %s, the statement asks for %s".formatted(found, wanted);
		}
		catch (SQLException ex) {
			if (SqlStates.isConnectionLost(ex.getSQLState())) {
				throw ex;
			}
			return "it cannot be compared with the statement: " + ex.getMessage();
		}
		finally {
			connection.rollback();
			connection.setAutoCommit(true);
		}
	}

	private static String describe(Connection connection, long index) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(
				"SELECT pg_get_indexdef(i.indexrelid), i.indisunique, format('INDEX %I ON %I.%I ', c.relname, n.nspname, "
						+ "t.relname) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
						+ "JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace "
						+ "WHERE i.indexrelid = ?::oid")) {
			statement.setLong(1, index);
			try (ResultSet rows = statement.executeQuery()) {
				if (!rows.next()) {
					return "gone";
				}
				String definition = rows.getString(1);
				String beginning = "CREATE " + (rows.getBoolean(2) ? "UNIQUE " : "") + rows.getString(3);
				return (rows.getBoolean(2) ? "UNIQUE " : "")
						+ (definition.startsWith(beginning) ? definition.substring(beginning.length()) : definition);
			}
		}
	}

	/**
	 * What can have indexes.
	 *
	 * @param oid its identifier
	 * @param schema its schema, as SQL has it
	 * @param name its qualified name, as SQL has it
	 * @param lockable whether it is a table
	 */
	public record Table(long oid, String schema, String name, boolean lockable) {
	}

	/**
	 * An index.
	 *
	 * @param oid its identifier
	 * @param name its qualified name, as SQL has it
	 * @param relation its name, as the catalog has it
	 * @param valid whether it is whole
	 * @param droppable whether this role may drop it
	 */
	public record Index(long oid, String name, String relation, boolean valid, boolean droppable) {

		/**
		 * Return whether it has the name of a copy, as the server gives it while it
		 * builds an index anew.
		 * @return whether it has
		 */
		public boolean isCopy() {
			return COPY.matcher(this.relation).matches();
		}

	}

}
