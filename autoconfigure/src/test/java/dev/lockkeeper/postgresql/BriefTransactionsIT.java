// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

import dev.lockkeeper.testsupport.PostgresRelay;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;
import org.postgresql.jdbc.PgStatement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class BriefTransactionsIT {

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final PostgresRelay relay = PostgresRelay.to(this.database);

	@AfterEach
	void stop() {
		this.relay.close();
	}

	@ParameterizedTest
	@ValueSource(strings = { "simple", "extended", "extendedForPrepared", "extendedCacheEverything" })
	void eachStatementIsATransactionThatOnlyReads(String mode) throws SQLException {
		this.database.execute("CREATE TABLE ship (id int)", "CREATE SEQUENCE number");
		try (Connection connection = DriverManager.getConnection(this.relay.getUrl() + "&preferQueryMode=" + mode);
				BriefTransactions transactions = BriefTransactions.begin(connection)) {
			Connection reading = transactions.asConnection();
			assertThat(reading.getAutoCommit()).isFalse();
			assertThat(one(reading, "select 1; -- the last line")).isEqualTo("1");
			assertThat(one(reading, "select current_setting('transaction_read_only') -- is it?")).isEqualTo("on");
			try (PreparedStatement prepared = reading.prepareStatement("select ?::int + ?::int")) {
				prepared.setInt(1, 3);
				prepared.setInt(2, 4);
				for (int i = 0; i < 7; i++) {
					try (ResultSet rows = prepared.executeQuery()) {
						rows.next();
						assertThat(rows.getInt(1)).isEqualTo(7);
						assertThat(rows.getStatement()).isSameAs(prepared);
						assertThat(rows.getStatement().getConnection()).isSameAs(reading);
					}
				}
			}
			for (String sql : new String[] { "insert into ship values (1)", "select nextval('number')",
					"create table other (id int)" }) {
				assertThatExceptionOfType(SQLException.class).isThrownBy(() -> execute(reading, sql))
					.satisfies((ex) -> assertThat(ex.getSQLState()).isEqualTo("25006"));
			}
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> one(reading, "select 1 / 0"))
				.satisfies((ex) -> assertThat(ex.getSQLState()).isEqualTo("22012"));
			assertThat(one(reading, "select count(*) from ship")).isEqualTo("0");
			// Of a prepared statement the driver sends each part by itself in that mode
			assertThat(this.relay.getOpenTransactions()).allSatisfy(
					(request) -> assertThat(mode + request.sql()).startsWith("simple").containsAnyOf("BEGIN", "'3'"));
		}
	}

	@Test
	void settingsApplyUntilTheRollbackAndNothingStays() throws SQLException {
		this.database.execute("CREATE SCHEMA harbour", "CREATE TABLE harbour.ship AS SELECT 7 AS id");
		try (Connection connection = DriverManager.getConnection(this.relay.getUrl())) {
			String before = one(connection, "show search_path");
			try (BriefTransactions transactions = BriefTransactions.begin(connection)) {
				Connection reading = transactions.asConnection();
				execute(reading, "/* of Liquibase */ SET SEARCH_PATH TO harbour;");
				assertThat(one(reading, "select id from ship")).isEqualTo("7");
				assertThat(reading.getSchema()).isEqualTo("harbour");
				reading.rollback();
				assertThat(one(reading, "show search_path")).isEqualTo(before);
				execute(reading, "SET LOCAL search_path TO harbour");
				assertThat(one(reading, "select id from ship")).isEqualTo("7");
				reading.commit();
				assertThat(one(reading, "show search_path")).isEqualTo(before);
				reading.setSchema("harbour");
				reading.commit();
				reading.rollback();
				assertThat(one(reading, "select id from ship")).isEqualTo("7");
			}
			assertThat(one(connection, "show search_path")).isEqualTo(before);
			assertThat(connection.getAutoCommit()).isTrue();
			assertThat(this.relay.getOpenTransactions()).isEmpty();
		}
	}

	@Test
	void callsAndMetadataNeedNoTransactionEither() throws SQLException {
		this.database.execute("CREATE TABLE ship (id int)");
		try (Connection connection = DriverManager.getConnection(this.relay.getUrl());
				BriefTransactions transactions = BriefTransactions.begin(connection)) {
			Connection reading = transactions.asConnection();
			try (CallableStatement call = reading.prepareCall("select current_schema()");
					ResultSet rows = call.executeQuery()) {
				rows.next();
				assertThat(rows.getString(1)).isEqualTo("public");
			}
			assertThat(reading.getMetaData().getConnection()).isSameAs(reading);
			try (ResultSet tables = reading.getMetaData().getTables(null, "public", "ship", null)) {
				assertThat(tables.next()).isTrue();
			}
			assertThat(reading.isWrapperFor(PGConnection.class)).isTrue();
			assertThat(this.relay.getOpenTransactions()).isEmpty();
		}
	}

	@Test
	void aStatementOfSeveralMessagesStillOnlyReads() throws SQLException {
		this.database.execute("CREATE TABLE ship (id int)", "CREATE SCHEMA harbour",
				"CREATE PROCEDURE sail() LANGUAGE sql AS 'INSERT INTO public.ship VALUES (1)'");
		try (Connection connection = DriverManager.getConnection(this.relay.getUrl());
				BriefTransactions transactions = BriefTransactions.begin(connection);
				PreparedStatement prepared = transactions.asConnection().prepareStatement("select 5")) {
			Connection reading = transactions.asConnection();
			execute(reading, "SET search_path TO harbour");
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> {
				try (CallableStatement call = reading.prepareCall("{call public.sail()}")) {
					call.execute();
				}
			});
			reading.rollback();
			assertThat(reading.unwrap(PGConnection.class)).isNotNull();
			assertThatExceptionOfType(SQLException.class)
				.isThrownBy(() -> execute(reading, "insert into public.ship values (1)"))
				.satisfies((ex) -> assertThat(ex.getSQLState()).isEqualTo("25006"));
			reading.rollback();
			try (ResultSet rows = prepared.executeQuery()) {
				rows.next();
				assertThat(rows.getInt(1)).isEqualTo(5);
			}
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> {
				try (Statement batch = reading.createStatement()) {
					batch.addBatch("insert into public.ship values (1)");
					batch.executeBatch();
				}
			});
		}
		assertThat(this.database.query("SELECT count(*) FROM ship")).containsExactly("0");
		this.database.awaitNoSessions();
	}

	@Test
	void aStatementOfTheDriverOnlyReads() throws SQLException {
		this.database.execute("CREATE TABLE ship (id int)");
		try (Connection connection = DriverManager.getConnection(this.relay.getUrl());
				BriefTransactions transactions = BriefTransactions.begin(connection);
				Statement statement = transactions.asConnection().createStatement()) {
			PgStatement ofDriver = statement.unwrap(PgStatement.class);
			assertThatExceptionOfType(SQLException.class)
				.isThrownBy(() -> ofDriver.execute("insert into ship values (1)"))
				.satisfies((ex) -> assertThat(ex.getSQLState()).isEqualTo("25006"));
		}
		assertThat(this.database.query("SELECT count(*) FROM ship")).containsExactly("0");
	}

	private static void execute(Connection connection, String sql) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.execute(sql);
		}
	}

	private static String one(Connection connection, String sql) throws SQLException {
		try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(sql)) {
			assertThat(rows.next()).isTrue();
			return rows.getString(1);
		}
	}

}
