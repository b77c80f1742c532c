// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.connection;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import java.util.stream.Stream;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.postgresql.Driver;
import org.postgresql.ds.PGSimpleDataSource;

import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.datasource.SimpleDriverDataSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The server limits the sessions that accompany a run, and those that only inspect, from
 * their start, with each kind of data source; those of a run it does not.
 */
class LimitedSessionsIT {

	private static final String LIMIT = "idle_in_transaction_session_timeout";

	private static final String URL = TestPostgres.shared().createDatabase().getUrl();

	private static final String USER_OPTIONS = "&options=-c%20work_mem=7MB%20-c%20application_name=x";

	static Stream<DataSource> dataSources() throws SQLException {
		SimpleDriverDataSource simple = new SimpleDriverDataSource(DriverManager.getDriver(URL), URL);
		HikariDataSource hikari = new HikariDataSource();
		hikari.setJdbcUrl(URL);
		HikariDataSource ofClass = new HikariDataSource();
		ofClass.setDataSourceClassName(PGSimpleDataSource.class.getName());
		ofClass.addDataSourceProperty("url", URL);
		PGSimpleDataSource derivable = new PGSimpleDataSource();
		derivable.setUrl(URL);
		return Stream.of(simple, new DriverManagerDataSource(URL), hikari, ofClass, derivable);
	}

	@ParameterizedTest
	@MethodSource("dataSources")
	void everySessionOfOursButThoseOfARunIsLimited(DataSource dataSource) throws SQLException {
		OwnConnections connections = OwnConnections.of(dataSource, "lockkeeper test");
		assertThat(show(connections.openStateless(), LIMIT)).isEqualTo("10s");
		assertThat(show(connections.limited().getConnection(), LIMIT)).isEqualTo("10s");
		assertThat(show(connections.getConnection(), LIMIT)).isEqualTo("0");
	}

	@Test
	void settingsOfTheUserStay() throws SQLException {
		OwnConnections ofUrl = OwnConnections.of(new SimpleDriverDataSource(new Driver(), URL + USER_OPTIONS), "x");
		assertThat(show(ofUrl.openStateless(), LIMIT)).isEqualTo("10s");
		assertThat(show(ofUrl.openStateless(), "work_mem")).isEqualTo("7MB");
		HikariDataSource hikari = new HikariDataSource();
		hikari.setJdbcUrl(URL);
		hikari.addDataSourceProperty("options", "-c work_mem=8MB");
		OwnConnections ofProperties = OwnConnections.of(hikari, "x");
		assertThat(show(ofProperties.openStateless(), LIMIT)).isEqualTo("10s");
		assertThat(show(ofProperties.openStateless(), "work_mem")).isEqualTo("8MB");
		assertThat(hikari.getDataSourceProperties()).containsOnlyKeys("options")
			.containsEntry("options", "-c work_mem=8MB");
		Properties own = new Properties();
		own.setProperty("options", "-c %s=3s".formatted(LIMIT));
		SimpleDriverDataSource limited = new SimpleDriverDataSource(new Driver(), URL, own);
		assertThat(show(OwnConnections.of(limited, "x").openStateless(), LIMIT)).isEqualTo("3s");
	}

	@Test
	void aServerThatDoesNotKnowTheOptionIsConnectedToWithoutIt() throws SQLException {
		// A role may be kept from a setting; no server of today lacks this one
		TestDatabase database = TestPostgres.shared().createDatabase();
		SimpleDriverDataSource refused = new SimpleDriverDataSource(new RefusingDriver(), database.getUrl());
		OwnConnections connections = OwnConnections.of(refused, "lockkeeper test");
		assertThat(show(connections.openStateless(), LIMIT)).isEqualTo("0");
		assertThat(show(connections.limited().getConnection(), LIMIT)).isEqualTo("0");
		assertThat(RefusingDriver.refused).isEqualTo(1);
	}

	private static String show(Connection connection, String setting) throws SQLException {
		try (connection;
				Statement statement = connection.createStatement();
				ResultSet rows = statement.executeQuery("SHOW " + setting)) {
			rows.next();
			return rows.getString(1);
		}
	}

	/**
	 * Stands in for a pooler.
	 */
	public static final class RefusingDriver extends Driver {

		private static int refused;

		@Override
		public Connection connect(String url, Properties info) throws SQLException {
			if (info.getProperty("options") != null) {
				refused++;
				throw new SQLException("unsupported startup parameter: options", "08P01");
			}
			return super.connect(url, info);
		}

	}

}
