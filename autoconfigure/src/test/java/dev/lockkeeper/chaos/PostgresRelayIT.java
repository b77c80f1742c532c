// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.chaos;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

import dev.lockkeeper.testsupport.PostgresRelay;
import dev.lockkeeper.testsupport.PostgresRelay.Cut;
import dev.lockkeeper.testsupport.PostgresRelay.Moment;
import dev.lockkeeper.testsupport.PostgresRelay.Request;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.tuple;

/**
 * The relay cuts where it says that it does.
 */
class PostgresRelayIT {

	private static final String INSERT = "INSERT INTO told VALUES (1)";

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	PostgresRelayIT() {
		this.database.execute("CREATE TABLE told (id int)");
	}

	@Test
	void countsRequestsOnEachConnection() throws SQLException {
		try (PostgresRelay relay = PostgresRelay.to(this.database);
				Connection first = open(relay);
				Connection second = open(relay)) {
			relay.mark("telling");
			execute(second, INSERT);
			first.setAutoCommit(false);
			execute(first, INSERT);
			first.commit();
			assertThat(relay.getRequests()).filteredOn((request) -> request.mark().equals("telling"))
				.extracting(Request::connection, Request::sql)
				.containsExactly(tuple(1, INSERT), tuple(0, "BEGIN"), tuple(0, INSERT), tuple(0, "COMMIT"));
		}
		assertThat(rows()).isEqualTo("2");
	}

	@ParameterizedTest
	@EnumSource(Moment.class)
	void seversEveryConnectionAtTheMoment(Moment moment) throws SQLException {
		int request = insertRequest();
		try (PostgresRelay relay = PostgresRelay.to(this.database, new Cut(0, request, moment));
				Connection first = open(relay);
				Connection second = open(relay)) {
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> execute(first, INSERT));
			assertThat(relay.getSeveredAt()).extracting(Request::sql).isEqualTo(INSERT);
			// One after another, and the first one has said so already
			Awaitility.await()
				.untilAsserted(() -> assertThatExceptionOfType(SQLException.class)
					.isThrownBy(() -> execute(second, "SELECT 1")));
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> open(relay))
				.satisfies((ex) -> assertThat(ex.getSQLState()).isEqualTo("08001"));
		}
		this.database.awaitNoSessions();
		assertThat(rows()).isEqualTo((moment == Moment.BEFORE) ? "0" : "1");
	}

	@Test
	void holdsUpWhatItDrops() throws SQLException {
		try (PostgresRelay relay = PostgresRelay.to(this.database); Connection connection = open(relay)) {
			relay.drop();
			CompletableFuture<Void> insert = inBackground(connection, INSERT);
			Awaitility.await().until(() -> last(relay).equals(INSERT));
			assertThat(rows()).isEqualTo("0");
			assertThat(insert).isNotDone();
			relay.resume();
			assertThat(insert).succeedsWithin(Duration.ofSeconds(30));
			assertThat(rows()).isEqualTo("1");
		}
	}

	@Test
	void delaysRequests() throws SQLException {
		try (PostgresRelay relay = PostgresRelay.to(this.database); Connection connection = open(relay)) {
			relay.delay(Duration.ofMillis(300));
			long asked = System.nanoTime();
			execute(connection, INSERT);
			assertThat(Duration.ofNanos(System.nanoTime() - asked)).isGreaterThanOrEqualTo(Duration.ofMillis(300));
		}
	}

	@Test
	void aHalfClosedConnectionEndsAtTheServer() throws SQLException {
		try (PostgresRelay relay = PostgresRelay.to(this.database); Connection connection = open(relay)) {
			relay.halfClose();
			this.database.awaitNoSessions();
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> execute(connection, INSERT));
		}
		assertThat(rows()).isEqualTo("0");
	}

	private int insertRequest() throws SQLException {
		try (PostgresRelay relay = PostgresRelay.to(this.database); Connection connection = open(relay)) {
			execute(connection, "SELECT 1");
			return relay.getRequests().size() - 1;
		}
	}

	private static CompletableFuture<Void> inBackground(Connection connection, String sql) {
		return CompletableFuture.runAsync(() -> {
			try {
				execute(connection, sql);
			}
			catch (SQLException ex) {
				throw new CompletionException(ex);
			}
		});
	}

	private static Connection open(PostgresRelay relay) throws SQLException {
		return DriverManager.getConnection(relay.getUrl());
	}

	private static void execute(Connection connection, String sql) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.execute(sql);
		}
	}

	private static String last(PostgresRelay relay) {
		return relay.getRequests().get(relay.getRequests().size() - 1).sql();
	}

	private String rows() {
		return this.database.query("SELECT count(*) FROM told").get(0);
	}

}
