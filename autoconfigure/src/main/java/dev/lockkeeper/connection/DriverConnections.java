// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.connection;

import java.sql.Connection;
import java.sql.SQLException;

import dev.lockkeeper.exit.Redaction;
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
		learnCredentials();
		return this.dataSource.getConnection();
	}

	private void learnCredentials() {
		Redaction.learnUrl(this.dataSource.getUrl());
		Redaction.learn(this.dataSource.getUsername(), this.dataSource.getPassword());
		if (this.dataSource.getConnectionProperties() != null) {
			Redaction.learn(this.dataSource.getConnectionProperties());
		}
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
