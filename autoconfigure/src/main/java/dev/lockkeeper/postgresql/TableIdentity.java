// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

/**
 * What tells a table from any other of its name, for SQL.
 *
 * @since 0.1.0
 */
public final class TableIdentity {

	/**
	 * The version of the server, as an expression.
	 */
	public static final String SERVER = "current_setting('server_version_num')";

	private TableIdentity() {
	}

	/**
	 * Return the identity of a table as an expression.
	 * @param table the name of the table, as SQL writes it
	 * @return the expression, a number; it fails when there is no such table
	 */
	public static String of(String table) {
		return "'%s'::regclass::oid::bigint".formatted(table.replace("'", "''"));
	}

}
