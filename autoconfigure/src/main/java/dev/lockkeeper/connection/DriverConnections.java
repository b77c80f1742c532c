// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.connection;

import java.sql.Connection;
import java.sql.Driver;
import java.sql.SQLException;

import dev.lockkeeper.postgresql.StartOptions;
import dev.lockkeeper.redaction.Redaction;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.datasource.AbstractDriverBasedDataSource;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.datasource.SimpleDriverDataSource;

/**
 * Connections of a data source that has no pool.
 */
final class DriverConnections implements ConnectionOpener {

	private final AbstractDriverBasedDataSource dataSource;

	DriverConnections(AbstractDriverBasedDataSource dataSource) {
		this.dataSource = dataSource;
	}

	@Override
	public Connection open(boolean limited) throws SQLException {
		learnCredentials();
		AbstractDriverBasedDataSource limitedSource = limited ? limited() : null;
		return ((limitedSource != null) ? limitedSource : this.dataSource).getConnection();
	}

	// A subclass may open connections in its own way
	private @Nullable AbstractDriverBasedDataSource limited() {
		StartOptions options = StartOptions.limitingIdleTransactions(this.dataSource.getUrl(),
				this.dataSource.getConnectionProperties());
		if (options == null) {
			return null;
		}
		AbstractDriverBasedDataSource copy = null;
		if (this.dataSource.getClass() == SimpleDriverDataSource.class) {
			Driver driver = ((SimpleDriverDataSource) this.dataSource).getDriver();
			copy = (driver != null) ? new SimpleDriverDataSource(driver, options.url()) : null;
		}
		else if (this.dataSource.getClass() == DriverManagerDataSource.class) {
			copy = new DriverManagerDataSource(options.url());
		}
		if (copy != null) {
			copy.setUsername(this.dataSource.getUsername());
			copy.setPassword(this.dataSource.getPassword());
			copy.setCatalog(this.dataSource.getCatalog());
			copy.setSchema(this.dataSource.getSchema());
			copy.setConnectionProperties(options.properties());
		}
		return copy;
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
	public @Nullable String getUsername() {
		return this.dataSource.getUsername();
	}

	@Override
	public @Nullable String getDriverClassName() {
		return null;
	}

}
