// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase.lock;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

import dev.lockkeeper.database.ConnectedDatabase;
import org.jspecify.annotations.Nullable;

/**
 * The one row in which Liquibase keeps its own lock: how it is read and written. Only the
 * methods that have it in their names commit.
 *
 * @param table the qualified name of the table
 */
record StockLockRow(String table) {

	/**
	 * The longest time for which a statement on one row keeps it locked; a session that
	 * locks it for longer is at work.
	 */
	private static final Duration TIMEOUT = Duration.ofSeconds(5);

	private static final String READ = "SELECT LOCKEDBY, LOCKGRANTED, CURRENT_TIMESTAMP FROM %s WHERE ID = 1 AND LOCKED = ?";

	private static final String INSERT = "INSERT INTO %s (ID, LOCKED, LOCKEDBY, LOCKGRANTED) VALUES (1, ?, ?, ?)";

	private static final String TAKE = "UPDATE %s SET LOCKED = ?, LOCKEDBY = ?, LOCKGRANTED = ? WHERE ID = 1 AND ";

	private static final String FREE = "UPDATE %s SET LOCKED = ?, LOCKEDBY = NULL, LOCKGRANTED = NULL WHERE ID = 1 AND ";

	/**
	 * Read the lock and its holder.
	 * @return the lock, or {@code null} when it is free
	 */
	@Nullable StockLock read(Connection connection) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(READ.formatted(this.table))) {
			statement.setBoolean(1, true);
			try (ResultSet rows = statement.executeQuery()) {
				if (!rows.next()) {
					return null;
				}
				LocalDateTime granted = rows.getObject(2, LocalDateTime.class);
				Instant now = rows.getTimestamp(3).toInstant();
				Duration age = (granted != null)
						? Duration.between(granted.atZone(ZoneId.systemDefault()).toInstant(), now) : null;
				return new StockLock(rows.getString(1), granted, age);
			}
		}
	}

	/**
	 * Return whether there is a row, whether or not the lock is held.
	 */
	boolean exists(Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement();
				ResultSet rows = statement.executeQuery("SELECT 1 FROM %s WHERE ID = 1".formatted(this.table))) {
			return rows.next();
		}
	}

	/**
	 * Insert the row, with the lock held.
	 */
	void insert(Connection connection, String holder) throws SQLException {
		update(connection, INSERT, true, holder, now());
	}

	/**
	 * Take the lock, if it is free, or held by another governed run.
	 * @return whether it was taken
	 */
	boolean take(Connection connection, String holder) throws SQLException {
		return update(connection, TAKE + "(LOCKED = ? OR LOCKEDBY LIKE ?)", true, holder, now(), false,
				StockLock.GOVERNED + "%");
	}

	/**
	 * Take the lock from its holder, if it is still the one that was read.
	 * @return whether it was taken
	 */
	boolean takeFrom(Connection connection, StockLock found, String holder) throws SQLException {
		List<Object> parameters = new ArrayList<>(List.of(true, holder, now(), true));
		Stream.of(found.holder(), found.granted()).filter(Objects::nonNull).forEach(parameters::add);
		return update(connection, TAKE + same(found), parameters.toArray());
	}

	/**
	 * Free the lock, if it is still the one that was read, in a transaction of its own.
	 * @return whether it was
	 */
	boolean freeAndCommit(Connection connection, StockLock found) throws SQLException {
		return inTransaction(connection, () -> {
			List<Object> parameters = new ArrayList<>(List.of(false, true));
			Stream.of(found.holder(), found.granted()).filter(Objects::nonNull).forEach(parameters::add);
			return update(connection, FREE + same(found), parameters.toArray());
		});
	}

	private static String same(StockLock found) {
		return "LOCKED = ? AND " + ((found.holder() != null) ? "LOCKEDBY = ?" : "LOCKEDBY IS NULL") + " AND "
				+ ((found.granted() != null) ? "LOCKGRANTED = ?" : "LOCKGRANTED IS NULL");
	}

	/**
	 * Free the lock, if this holder still holds it.
	 * @return whether it did
	 */
	boolean free(Connection connection, String holder) throws SQLException {
		return update(connection, FREE + "LOCKEDBY = ?", false, holder);
	}

	/**
	 * Free the lock likewise, in a transaction of its own. Gives up after a while when
	 * another session has locked the row.
	 * @return whether this holder held it
	 */
	boolean freeAndCommit(Connection connection, String holder) throws SQLException {
		return inTransaction(connection, () -> free(connection, holder));
	}

	private static boolean inTransaction(Connection connection, Change change) throws SQLException {
		boolean autoCommit = connection.getAutoCommit();
		connection.setAutoCommit(false);
		try {
			ConnectedDatabase.of(connection).limitLockWaitsOfTransaction(TIMEOUT);
			boolean freed = change.make();
			connection.commit();
			return freed;
		}
		catch (SQLException ex) {
			connection.rollback();
			throw ex;
		}
		finally {
			connection.setAutoCommit(autoCommit);
		}
	}

	/**
	 * Return the statement by which an operator frees the lock, whichever process holds
	 * it.
	 */
	String freeByHand() {
		return "UPDATE %s SET LOCKED = FALSE, LOCKEDBY = NULL, LOCKGRANTED = NULL WHERE ID = 1".formatted(this.table);
	}

	private boolean update(Connection connection, String sql, Object... parameters) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(sql.formatted(this.table))) {
			for (int i = 0; i < parameters.length; i++) {
				statement.setObject(i + 1, parameters[i]);
			}
			return statement.executeUpdate() > 0;
		}
	}

	private static Timestamp now() {
		return Timestamp.from(Instant.now());
	}

	/**
	 * Something that changes the row.
	 */
	@FunctionalInterface
	private interface Change {

		boolean make() throws SQLException;

	}

}
