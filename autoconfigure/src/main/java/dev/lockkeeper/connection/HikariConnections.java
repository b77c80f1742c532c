// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.connection;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariConfigMXBean;
import com.zaxxer.hikari.HikariCredentialsProvider;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.util.Credentials;
import com.zaxxer.hikari.util.DriverDataSource;
import com.zaxxer.hikari.util.PropertyElf;
import dev.lockkeeper.exit.ConfigurationException;
import dev.lockkeeper.postgresql.PostgreSql;
import dev.lockkeeper.postgresql.StartOptions;
import dev.lockkeeper.redaction.Redaction;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.jdbc.DataSourceUnwrapper;
import org.springframework.util.ClassUtils;
import org.springframework.util.StringUtils;

/**
 * Opens what a Hikari pool would put into itself: with its driver, its properties, its
 * schema and its initial statement. The configuration is read anew for each connection,
 * because a password may rotate.
 */
final class HikariConnections implements ConnectionOpener {

	private final HikariDataSource pool;

	private HikariConnections(HikariDataSource pool) {
		this.pool = pool;
	}

	static @Nullable ConnectionOpener of(DataSource dataSource) {
		HikariDataSource pool = DataSourceUnwrapper.unwrap(dataSource, HikariConfigMXBean.class,
				HikariDataSource.class);
		return (pool != null && (pool.getDataSourceJNDI() == null)) ? new HikariConnections(pool) : null;
	}

	@Override
	public Connection open(boolean limited) throws SQLException {
		Connection connection = connect(limited);
		try {
			if (StringUtils.hasText(this.pool.getCatalog())) {
				connection.setCatalog(this.pool.getCatalog());
			}
			if (StringUtils.hasText(this.pool.getSchema())) {
				connection.setSchema(this.pool.getSchema());
			}
			if (StringUtils.hasText(this.pool.getConnectionInitSql())) {
				try (Statement statement = connection.createStatement()) {
					statement.execute(this.pool.getConnectionInitSql());
				}
			}
			return connection;
		}
		catch (SQLException ex) {
			connection.close();
			throw ex;
		}
	}

	private Connection connect(boolean limited) throws SQLException {
		DataSource dataSource = this.pool.getDataSource();
		HikariCredentialsProvider provider = this.pool.getCredentialsProvider();
		Credentials credentials = (provider != null) ? provider.getCredentials() : this.pool.getCredentials();
		learn(credentials);
		String username = credentials.getUsername();
		String password = credentials.getPassword();
		if (dataSource == null && StringUtils.hasText(this.pool.getDataSourceClassName())) {
			dataSource = instantiate(this.pool.getDataSourceClassName(), this.pool.getDataSourceProperties());
			if (limited) {
				StartOptions.limitIdleTransactions(dataSource);
			}
		}
		if (dataSource == null) {
			dataSource = driverDataSource(this.pool, credentials, limited);
		}
		return (username != null) ? dataSource.getConnection(username, password) : dataSource.getConnection();
	}

	private static DataSource driverDataSource(HikariDataSource pool, Credentials credentials, boolean limited) {
		try {
			String url = pool.getJdbcUrl();
			Properties properties = PostgreSql.keepAlive(url, pool.getDataSourceProperties());
			StartOptions options = limited ? StartOptions.limitingIdleTransactions(url, properties) : null;
			return (options != null)
					? new DriverDataSource(options.url(), pool.getDriverClassName(), options.properties(),
							credentials.getUsername(), credentials.getPassword())
					: new DriverDataSource(url, pool.getDriverClassName(), properties, credentials.getUsername(),
							credentials.getPassword());
		}
		catch (RuntimeException ex) {
			throw new ConfigurationException(
					"The driver does not take the URL of the data source: %s".formatted(ex.getMessage()),
					"Correct the URL.");
		}
	}

	private void learn(Credentials credentials) {
		Redaction.learnUrl(this.pool.getJdbcUrl());
		Redaction.learn(credentials.getUsername(), credentials.getPassword());
		Redaction.learn(this.pool.getDataSourceProperties());
	}

	private static DataSource instantiate(String className, Properties properties) {
		try {
			DataSource dataSource = (DataSource) ClassUtils.forName(className, HikariConnections.class.getClassLoader())
				.getDeclaredConstructor()
				.newInstance();
			PropertyElf.setTargetFromProperties(dataSource, properties);
			return dataSource;
		}
		catch (ReflectiveOperationException ex) {
			throw new ConfigurationException(
					"The data source of class %s cannot be created: %s".formatted(className, ex),
					"Correct spring.datasource.hikari.data-source-class-name, or add that class to the class path.");
		}
	}

	@Override
	public @Nullable String getUrl() {
		return this.pool.getJdbcUrl();
	}

	@Override
	public @Nullable String getUsername() {
		return this.pool.getUsername();
	}

	@Override
	public @Nullable String getSchema() {
		return this.pool.getSchema();
	}

	@Override
	public @Nullable String getDriverClassName() {
		return this.pool.getDriverClassName();
	}

}
