// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.connection;

import java.sql.Connection;
import java.sql.SQLException;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

/**
 * Connections of the user's data source itself.
 */
final class SharedConnections implements ConnectionOpener {

	private final DataSource dataSource;

	SharedConnections(DataSource dataSource) {
		this.dataSource = dataSource;
	}

	@Override
	public Connection open(boolean limited) throws SQLException {
		return this.dataSource.getConnection();
	}

	@Override
	public @Nullable String getUrl() {
		return null;
	}

	@Override
	public @Nullable String getDriverClassName() {
		return null;
	}

}
