// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.connection;

import java.sql.Connection;
import java.sql.SQLException;

import org.jspecify.annotations.Nullable;

/**
 * One way to open a connection.
 */
interface ConnectionOpener {

	/**
	 * Open a connection.
	 * @param limited whether the server is to end the session once a transaction in it
	 * has been idle for some seconds; ignored where the connection has no such option
	 */
	Connection open(boolean limited) throws SQLException;

	@Nullable String getUrl();

	@Nullable String getDriverClassName();

	/**
	 * Return the name of the login, as far as settings have it.
	 */
	default @Nullable String getUsername() {
		return null;
	}

	/**
	 * Return the schema that is set on each connection after it was opened.
	 */
	default @Nullable String getSchema() {
		return null;
	}

}
