// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.chaos;

import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
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
import org.postgresql.PGConnection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.tuple;

/**
 * The relay cuts at the point that it reports.
 */
class PostgresRelayIT {

	private static final String INSERT = "INSERT INTO note VALUES (1)";

	private static final String COPY = "COPY note FROM STDIN";

	private static final Duration TIMEOUT = Duration.ofSeconds(30);

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	PostgresRelayIT() {
		this.database.execute("CREATE TABLE note (id int)");
	}

	@Test
	void countsRequestsOnEachConnection() throws SQLException {
		try (PostgresRelay relay = PostgresRelay.to(this.database);
				Connection first = open(relay);
				Connection second = open(relay)) {
			relay.mark("inserting");
			execute(second, INSERT);
			first.setAutoCommit(false);
			execute(first, INSERT);
			first.commit();
			assertThat(relay.getRequests()).filteredOn((request) -> request.mark().equals("inserting"))
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
			// One after another, and the first one has reported it already
			Awaitility.await()
				.untilAsserted(() -> assertThatExceptionOfType(SQLException.class)
					.isThrownBy(() -> execute(second, "SELECT 1")));
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> open(relay))
				.satisfies((ex) -> assertThat(ex.getSQLState()).isEqualTo("08001"));
		}
		this.database.awaitNoSessions();
		assertThat(rows()).isEqualTo((moment == Moment.BEFORE) ? "0" : "1");
	}

	@ParameterizedTest
	@EnumSource(Moment.class)
	void seversACopyAtTheMoment(Moment moment) throws SQLException {
		int request = insertRequest();
		try (PostgresRelay relay = PostgresRelay.to(this.database, new Cut(0, request, moment))) {
			Connection connection = open(relay);
			CompletableFuture<Void> copy = inBackground(() -> copy(connection));
			assertThat(copy).failsWithin(TIMEOUT).withThrowableThat().withCauseInstanceOf(SQLException.class);
			assertThat(relay.getSeveredAt()).extracting(Request::sql).isEqualTo(COPY);
		}
		this.database.awaitNoSessions();
		assertThat(rows()).isEqualTo((moment == Moment.AFTER) ? "2" : "0");
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
			assertThat(insert).succeedsWithin(TIMEOUT);
			assertThat(rows()).isEqualTo("1");
		}
	}

	@Test
	void holdsUpAnswersThatItDrops() throws SQLException {
		try (PostgresRelay relay = PostgresRelay.to(this.database);
				Connection connection = open(relay);
				Connection blocker = this.database.open()) {
			CompletableFuture<Void> insert = insertBehind(blocker, connection);
			relay.drop();
			blocker.rollback();
			Awaitility.await("the server has executed it").until(() -> rows().equals("1"));
			assertThat(insert).isNotDone();
			relay.resume();
			assertThat(insert).succeedsWithin(TIMEOUT);
		}
	}

	@Test
	void answersNoNewConnectionWhileItDrops() throws SQLException {
		try (PostgresRelay relay = PostgresRelay.to(this.database)) {
			relay.drop();
			assertThatExceptionOfType(SQLException.class)
				.isThrownBy(() -> DriverManager.getConnection(relay.getUrl() + "&loginTimeout=1"))
				.withMessageContaining("timed out");
			assertThat(relay.getRequests()).extracting(Request::sql).containsExactly("login");
			assertThat(this.database.sessions()).isEmpty();
			relay.resume();
			open(relay).close();
		}
	}

	@Test
	void delaysRequests() throws SQLException {
		try (PostgresRelay relay = PostgresRelay.to(this.database); Connection connection = open(relay)) {
			relay.delay(Duration.ofMillis(300));
			long sent = System.nanoTime();
			execute(connection, INSERT);
			assertThat(Duration.ofNanos(System.nanoTime() - sent)).isGreaterThanOrEqualTo(Duration.ofMillis(300));
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

	@Test
	void answersOfTheServerOnAHalfClosedConnectionReachTheClient() throws SQLException {
		try (PostgresRelay relay = PostgresRelay.to(this.database);
				Connection connection = open(relay);
				Connection blocker = this.database.open()) {
			CompletableFuture<Void> insert = insertBehind(blocker, connection);
			relay.halfClose();
			blocker.rollback();
			assertThat(insert).succeedsWithin(TIMEOUT);
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> execute(connection, INSERT));
		}
		assertThat(rows()).isEqualTo("1");
	}

	@Test
	void reportsWhatTheServerRefused() throws SQLException {
		try (PostgresRelay relay = PostgresRelay.to(this.database); Connection connection = open(relay)) {
			execute(connection, INSERT);
			assertThat(relay.getRefusals()).isEmpty();
			execute(connection, "SET default_transaction_read_only = on");
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> execute(connection, INSERT));
			assertThat(relay.getRefusals()).containsExactly("25006");
		}
	}

	private CompletableFuture<Void> insertBehind(Connection blocker, Connection connection) throws SQLException {
		blocker.setAutoCommit(false);
		execute(blocker, "LOCK TABLE note IN EXCLUSIVE MODE");
		CompletableFuture<Void> insert = inBackground(connection, INSERT);
		Awaitility.await("it waits for the lock")
			.until(() -> this.database.query(
					"SELECT query FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")
				.equals(List.of(INSERT)));
		return insert;
	}

	private int insertRequest() throws SQLException {
		try (PostgresRelay relay = PostgresRelay.to(this.database); Connection connection = open(relay)) {
			execute(connection, "SELECT 1");
			return relay.getRequests().size() - 1;
		}
	}

	private static CompletableFuture<Void> inBackground(Connection connection, String sql) {
		return inBackground(() -> execute(connection, sql));
	}

	private static CompletableFuture<Void> inBackground(Work work) {
		return CompletableFuture.runAsync(() -> {
			try {
				work.execute();
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

	private static void copy(Connection connection) throws SQLException {
		try {
			connection.unwrap(PGConnection.class).getCopyAPI().copyIn(COPY, new StringReader("1\n2\n"));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static String last(PostgresRelay relay) {
		return relay.getRequests().get(relay.getRequests().size() - 1).sql();
	}

	private String rows() {
		return this.database.query("SELECT count(*) FROM note").get(0);
	}

	/**
	 * What a client does in the background.
	 */
	@FunctionalInterface
	private interface Work {

		void execute() throws SQLException;

	}

}
