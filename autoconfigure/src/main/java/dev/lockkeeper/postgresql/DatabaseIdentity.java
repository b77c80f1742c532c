// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * What tells one database from another, whatever the URL by which it was reached. Each
 * role may read it.
 *
 * @param oid the number of the database in its cluster
 * @param name its name
 * @param startedAt when its server was started, in microseconds
 * @since 0.1.0
 */
public record DatabaseIdentity(long oid, String name, String startedAt) {

	private static final String READ = "SELECT oid, datname, pg_postmaster_start_time()::text FROM pg_database "
			+ "WHERE datname = current_database()";

	/**
	 * Read the identity of the database of a session.
	 * @param connection a connection to PostgreSQL
	 * @return the identity
	 * @throws SQLException when the server does not answer
	 */
	public static DatabaseIdentity read(Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(READ)) {
			rows.next();
			return new DatabaseIdentity(rows.getLong(1), rows.getString(2), rows.getString(3));
		}
	}

}
