// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * Which partitions belong to which table.
 *
 * @since 0.1.0
 */
public final class Partitions {

	private Partitions() {
	}

	/**
	 * Return whether a partition belongs to a table.
	 * @param connection a connection to PostgreSQL
	 * @param parent the name of the table as it is written in SQL
	 * @param partition the name of the partition, likewise
	 * @return whether it belongs to the table
	 * @throws SQLException when the server does not answer
	 */
	public static Attachment attachment(Connection connection, String parent, String partition) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement("SELECT inhdetachpending FROM pg_inherits "
				+ "WHERE inhparent = to_regclass(?) AND inhrelid = to_regclass(?)")) {
			statement.setString(1, parent);
			statement.setString(2, partition);
			try (ResultSet rows = statement.executeQuery()) {
				if (!rows.next()) {
					return Attachment.NONE;
				}
				return rows.getBoolean(1) ? Attachment.PENDING : Attachment.ATTACHED;
			}
		}
	}

	/**
	 * Finish a detachment that is pending.
	 * @param connection a connection in auto-commit mode
	 * @param parent the name of the table as it is written in SQL
	 * @param partition the name of the partition, likewise
	 * @throws SQLException when the server refuses
	 */
	public static void finishDetaching(Connection connection, String parent, String partition) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.execute("ALTER TABLE %s DETACH PARTITION %s FINALIZE".formatted(parent, partition));
		}
	}

	/**
	 * Whether a partition belongs to a table.
	 */
	public enum Attachment {

		/** It does. */
		ATTACHED,

		/** It is being detached, and the statement that detaches it has not finished. */
		PENDING,

		/** It does not. */
		NONE

	}

}
