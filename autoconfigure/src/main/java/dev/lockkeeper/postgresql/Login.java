// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.sql.Connection;
import java.sql.SQLException;

import org.jspecify.annotations.Nullable;

/**
 * A login, as SQL writes it: it becomes part of the advice in a message.
 *
 * @param role the role
 * @param database the database, on PostgreSQL
 * @since 0.1.0
 */
public record Login(String role, @Nullable String database) {

	/**
	 * A login of which nothing is known.
	 */
	public static final Login UNKNOWN = new Login("its role", null);

	/**
	 * Return the login of a connection.
	 * @param connection a connection to PostgreSQL
	 * @return the login
	 * @throws SQLException when the driver does not have it
	 */
	public static Login of(Connection connection) throws SQLException {
		return new Login(SqlText.identifier(connection.getMetaData().getUserName()),
				SqlText.identifier(connection.getCatalog()));
	}

	/**
	 * Return the same login with a role that a change set has taken on.
	 * @param other the role
	 * @return the login
	 */
	public Login actingAs(String other) {
		return new Login(other, this.database);
	}

	/**
	 * Return the statement that sets a default of this login. A setting of the role in
	 * the database holds whatever the role, the database and the server have.
	 * @param setting the setting with its value, as SQL writes them
	 * @return the statement
	 */
	public String toSet(String setting) {
		String where = (this.database != null) ? " IN DATABASE " + this.database : "";
		return "ALTER ROLE %s%s SET %s".formatted(this.role, where, setting);
	}

}
