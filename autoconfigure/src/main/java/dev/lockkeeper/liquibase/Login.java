// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.sql.Connection;
import java.sql.SQLException;

import dev.lockkeeper.postgresql.PostgreSql;
import dev.lockkeeper.postgresql.SqlText;
import org.jspecify.annotations.Nullable;

/**
 * The login of a bean, as SQL writes it: it becomes part of an advice.
 *
 * @param role the role
 * @param database the database, on PostgreSQL
 */
record Login(String role, @Nullable String database) {

	static final Login UNKNOWN = new Login("its role", null);

	static Login of(Connection connection) throws SQLException {
		String name = connection.getMetaData().getUserName();
		return PostgreSql.isServing(connection)
				? new Login(SqlText.identifier(name), SqlText.identifier(connection.getCatalog()))
				: new Login(name, null);
	}

	/**
	 * Return the same with the role that a change set has taken on.
	 */
	Login actingAs(String other) {
		return new Login(other, this.database);
	}

	/**
	 * Return the statement that sets a default of this login. A setting of the role in
	 * the database holds whatever the role, the database and the server have.
	 */
	String toSet(String setting) {
		String where = (this.database != null) ? " IN DATABASE " + this.database : "";
		return "ALTER ROLE %s%s SET %s".formatted(this.role, where, setting);
	}

}
