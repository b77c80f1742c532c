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
	 * @param limited whether the server shall end its session soon when a transaction in
	 * it has nothing to do; ignored where the connection cannot be asked for that
	 */
	Connection open(boolean limited) throws SQLException;

	@Nullable String getUrl();

	@Nullable String getDriverClassName();

}
