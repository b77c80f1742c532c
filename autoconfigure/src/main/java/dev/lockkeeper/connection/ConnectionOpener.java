// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.connection;

import java.sql.Connection;
import java.sql.SQLException;

import org.jspecify.annotations.Nullable;

/**
 * One way to open a connection.
 */
interface ConnectionOpener {

	Connection open() throws SQLException;

	@Nullable String getUrl();

	@Nullable String getDriverClassName();

}
