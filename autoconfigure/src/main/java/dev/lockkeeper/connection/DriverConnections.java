// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.connection;

import java.sql.Connection;
import java.sql.SQLException;

import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.datasource.AbstractDriverBasedDataSource;

/**
 * Connections of a data source that has no pool.
 */
final class DriverConnections implements ConnectionOpener {

	private final AbstractDriverBasedDataSource dataSource;

	DriverConnections(AbstractDriverBasedDataSource dataSource) {
		this.dataSource = dataSource;
	}

	@Override
	public Connection open() throws SQLException {
		return this.dataSource.getConnection();
	}

	@Override
	public @Nullable String getUrl() {
		return this.dataSource.getUrl();
	}

	@Override
	public @Nullable String getDriverClassName() {
		return null;
	}

}
