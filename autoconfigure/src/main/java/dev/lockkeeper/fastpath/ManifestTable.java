// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.fastpath;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;

import dev.lockkeeper.database.ConnectedDatabase;
import dev.lockkeeper.dialect.Dialect;
import dev.lockkeeper.postgresql.OwnTable;
import dev.lockkeeper.postgresql.SqlStates;
import dev.lockkeeper.postgresql.TableIdentity;
import org.jspecify.annotations.Nullable;

/**
 * The table of the manifests of one history: each with a digest over the rows beside
 * which it was written. Rows that other code has added since then are not among them.
 *
 * @since 0.1.0
 */
public final class ManifestTable {

	private static final int KEPT = 8;

	private static final OwnTable TABLE = OwnTable
		.first("history VARCHAR(255) NOT NULL, settings VARCHAR(64) NOT NULL, digest VARCHAR(64) NOT NULL, "
				+ "manifest TEXT NOT NULL, history_id BIGINT NOT NULL, server VARCHAR(20) NOT NULL, "
				+ "lease VARCHAR(255) NOT NULL, highest_order BIGINT NOT NULL, row_count BIGINT NOT NULL, "
				+ "row_digest VARCHAR(40) NOT NULL, written_at TIMESTAMP NOT NULL, "
				+ "PRIMARY KEY (history, settings, digest)");

	private final History history;

	/**
	 * Create a table.
	 * @param history the tables of the schema
	 */
	public ManifestTable(History history) {
		this.history = history;
	}

	/**
	 * Return whether a database can recognise a history. Nothing is sent to the server.
	 * @param connection a connection to the database
	 * @return whether it can
	 * @throws SQLException when the connection is closed
	 */
	public static boolean isKnownTo(Connection connection) throws SQLException {
		return digest(connection) != null;
	}

	// Each column counts, also those that no inspection reads
	private static @Nullable String digest(Connection connection) throws SQLException {
		String digest = ConnectedDatabase.of(connection).digestOf(List.of("h.*"));
		return (digest != null) ? "count(*) || ':' || coalesce(%s, 0)".formatted(digest) : null;
	}

	/**
	 * Find the manifests beside which the history is the same as when they were written,
	 * while no process holds a lock of the schema. One statement.
	 * @param <T> what the engine makes of the last row
	 * @param connection a connection in auto-commit mode
	 * @param settings the digest of the settings
	 * @param lastRow reads the last row of the history from the columns that the engine
	 * wants to have, the first of which is the given one
	 * @return the manifests, the newest first
	 * @throws SQLException when a table is missing, or may not be read
	 */
	public <T> List<Found<T>> find(Connection connection, String settings, RowReader<T> lastRow) throws SQLException {
		String table = this.history.table();
		String order = this.history.order();
		String digest = digest(connection);
		String sql = "SELECT m.manifest, current_schema(), m.row_count, m.highest_order, (SELECT count(*) FROM %s), l.* "
			.formatted(table)
				+ "FROM %s m, LATERAL (SELECT %s AS digest FROM %s h WHERE h.%s <= m.highest_order) p, "
					.formatted(this.history.manifests(), digest, table, order)
				+ "LATERAL (SELECT %s FROM %s h ORDER BY %s LIMIT 1) l ".formatted(this.history.columns(), table,
						this.history.lastFirst())
				+ "WHERE m.settings = ? AND m.history_id = %s AND m.server = %s AND m.row_digest = p.digest "
					.formatted(TableIdentity.of(table), TableIdentity.SERVER)
				+ "AND %s AND NOT EXISTS (SELECT 1 FROM %s WHERE name = m.lease AND lock_until > %s) "
					.formatted(this.history.free(), this.history.lease(), Dialect.POSTGRESQL.leaseNow())
				+ "ORDER BY m.written_at DESC";
		List<Found<T>> found = new ArrayList<>();
		try (PreparedStatement statement = connection.prepareStatement(sql)) {
			statement.setString(1, settings);
			try (ResultSet rows = statement.executeQuery()) {
				while (rows.next()) {
					Manifest manifest = Manifest.of(rows.getString(1));
					if (manifest != null) {
						found.add(new Found<>(manifest, rows.getString(2), rows.getLong(3), rows.getLong(4),
								rows.getLong(5), lastRow.read(rows, 6)));
					}
				}
			}
		}
		return found;
	}

	/**
	 * Read the digest of the whole history.
	 * @param connection a connection in auto-commit mode
	 * @return the digest, or {@code null} when there is no history
	 * @throws SQLException when it cannot be read
	 */
	public @Nullable String readDigest(Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement();
				ResultSet rows = statement
					.executeQuery("SELECT %s FROM %s h".formatted(digest(connection), this.history.table()))) {
			rows.next();
			return rows.getString(1);
		}
		catch (SQLException ex) {
			if (SqlStates.isUndefinedTable(SqlStates.of(ex))) {
				return null;
			}
			throw ex;
		}
	}

	/**
	 * Write a manifest, if the history still has the digest that it had before the engine
	 * has read it. Creates the table if it is missing.
	 * @param connection a connection in auto-commit mode
	 * @param readableLike the qualified name of the history, whose readers may read the
	 * manifests
	 * @param settings the digest of the settings
	 * @param manifest the manifest, or {@code null} to create no more than the table
	 * @param lease the name of the lease
	 * @param digest the digest of the history
	 * @param now the time
	 * @throws SQLException when that fails
	 */
	public void write(Connection connection, String readableLike, String settings, @Nullable String manifest,
			String lease, String digest, Instant now) throws SQLException {
		TABLE.createIfMissing(connection, this.history.manifests(), readableLike);
		if (manifest == null) {
			return;
		}
		String rowDigest = digest(connection);
		String sql = "INSERT INTO %s AS m SELECT ?, ?, ?, ?, %s, %s, ?, max(h.%s), count(*), %s, ? FROM %s h HAVING %s = ? "
			.formatted(this.history.manifests(), TableIdentity.of(this.history.table()), TableIdentity.SERVER,
					this.history.order(), rowDigest, this.history.table(), rowDigest)
				+ "ON CONFLICT (history, settings, digest) DO UPDATE SET history_id = EXCLUDED.history_id, "
				+ "server = EXCLUDED.server, lease = EXCLUDED.lease, highest_order = EXCLUDED.highest_order, "
				+ "row_count = EXCLUDED.row_count, row_digest = EXCLUDED.row_digest, written_at = EXCLUDED.written_at";
		try (PreparedStatement statement = connection.prepareStatement(sql)) {
			statement.setString(1, readableLike);
			statement.setString(2, settings);
			statement.setString(3, Fingerprint.of(manifest.getBytes(StandardCharsets.UTF_8)));
			statement.setString(4, manifest);
			statement.setString(5, lease);
			statement.setObject(6, LocalDateTime.ofInstant(now, ZoneOffset.UTC));
			statement.setString(7, digest);
			statement.executeUpdate();
		}
		removeOld(connection, readableLike);
	}

	private void removeOld(Connection connection, String readableLike) throws SQLException {
		try (PreparedStatement statement = connection
			.prepareStatement("DELETE FROM %1$s WHERE history = ? AND written_at < (SELECT written_at FROM %1$s "
				.formatted(this.history.manifests()) + "WHERE history = ? ORDER BY written_at DESC OFFSET " + (KEPT - 1)
					+ " LIMIT 1)")) {
			statement.setString(1, readableLike);
			statement.setString(2, readableLike);
			statement.executeUpdate();
		}
	}

	/**
	 * A manifest beside which the history is the same.
	 *
	 * @param <T> what the engine makes of the last row
	 * @param manifest the manifest
	 * @param schema the current schema of the connection, {@code null} when it has none
	 * @param known the number of rows that were there when the manifest was written
	 * @param highestOrder the highest number of them
	 * @param rows the number of rows by now
	 * @param last the last row
	 */
	public record Found<T>(Manifest manifest, @Nullable String schema, long known, long highestOrder, long rows,
			T last) {

		/**
		 * Return whether other code has added rows.
		 * @return whether there are more than there were
		 */
		public boolean hasMore() {
			return this.rows > this.known;
		}

	}

	/**
	 * Reads a row of the history.
	 *
	 * @param <T> what is read
	 */
	@FunctionalInterface
	public interface RowReader<T> {

		/**
		 * Read the row.
		 * @param row the row
		 * @param column the number of its first column
		 * @return what was read
		 * @throws SQLException when the row cannot be read
		 */
		T read(ResultSet row, int column) throws SQLException;

	}

}
