// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Objects;

import dev.lockkeeper.postgresql.Backend.Survival;
import dev.lockkeeper.testsupport.PostgresRelay;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Backends on servers that do not show everything to every role.
 */
class BackendIT {

	private static final Duration TIMEOUT = Duration.ofSeconds(30);

	private static final String SESSIONS = "pg_stat_get_activity";

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final String role = TestPostgres.shared().createRole("secret");

	@AfterEach
	void drop() {
		this.database.drop();
	}

	@Test
	void rolesAndDatabasesNeedNotBeReadToEndABackend() throws SQLException {
		hideRolesAndDatabases();
		try (Connection dead = open(); Connection next = open()) {
			Backend backend = Backend.of(dead);
			assertThat(backend.start()).isNotNull();
			assertThat(backend.end(next, TIMEOUT)).isNull();
			assertThat(living(backend)).isZero();
		}
	}

	@Test
	void rolesNeedNotBeReadToAdviseWhatToGrant() throws SQLException {
		hideRolesAndDatabases();
		String other = TestPostgres.shared().createRole("secret");
		try (Connection dead = DriverManager.getConnection(this.database.getPlainUrl(), other, "secret");
				Connection next = open()) {
			Backend backend = Backend.of(dead);
			Survival survival = Objects.requireNonNull(backend.end(next, TIMEOUT));
			assertThat(survival.owner()).isEqualTo("login " + other);
			assertThat(survival.missing()).contains("GRANT %s TO %s".formatted(other, this.role));
			assertThat(living(backend)).isOne();
		}
	}

	@Test
	void theSessionOfAnotherDatabaseIsAnotherOne() throws SQLException {
		TestDatabase another = TestPostgres.shared().createDatabase();
		try (Connection elsewhere = another.open(); Connection here = this.database.open()) {
			Backend backend = Backend.of(elsewhere);
			assertThat(backend.end(here, TIMEOUT)).isNull();
			assertThat(living(backend)).isOne();
		}
		another.drop();
	}

	@Test
	void aServerThatHidesSessionsStillShowsThePid() throws SQLException {
		this.database.execute("REVOKE EXECUTE ON FUNCTION pg_catalog.%s(integer) FROM PUBLIC".formatted(SESSIONS));
		try (Connection connection = open()) {
			assertHasOnlyAPid(Backend.of(connection));
		}
		assertThat(SharedBackends.findProof(this::open, true)).isNull();
	}

	@Test
	void aRoleThatSeesNoSessionsIsAdvisedWhatToGrant() throws SQLException {
		try (Connection dead = open(); Connection next = open()) {
			Backend backend = Backend.of(dead);
			this.database.execute("REVOKE EXECUTE ON FUNCTION pg_catalog.%s(integer) FROM PUBLIC".formatted(SESSIONS));
			String grant = "GRANT EXECUTE ON FUNCTION pg_catalog.%s(integer) TO %s".formatted(SESSIONS, this.role);
			assertThat(Objects.requireNonNull(backend.end(next, TIMEOUT)).missing()).contains(grant + ".");
			this.database.execute(grant);
			assertThat(backend.end(next, TIMEOUT)).isNull();
			assertThat(living(backend)).isZero();
		}
	}

	@Test
	void aServerWithoutTheFunctionStillShowsThePid() throws SQLException {
		try (PostgresRelay relay = PostgresRelay.to(this.database)) {
			relay.misspell(SESSIONS);
			try (Connection connection = DriverManager.getConnection(relay.getUrl())) {
				assertHasOnlyAPid(Backend.of(connection));
			}
			assertThat(SharedBackends.findProof(() -> DriverManager.getConnection(relay.getUrl()), true)).isNull();
		}
	}

	@Test
	void aServerThatHidesThePidProvesNothing() throws SQLException {
		try (PostgresRelay relay = PostgresRelay.to(this.database)) {
			relay.misspell("pg_backend_pid");
			assertThat(SharedBackends.findProof(() -> DriverManager.getConnection(relay.getUrl()), true)).isNull();
		}
	}

	// Otherwise the next query would fail with the failure of the one before
	@Test
	void aConnectionOfTheCallerInATransactionProvesNothingThere() throws SQLException {
		this.database.execute("REVOKE EXECUTE ON FUNCTION pg_catalog.%s(integer) FROM PUBLIC".formatted(SESSIONS));
		assertThat(SharedBackends.findProof(() -> {
			Connection connection = open();
			connection.setAutoCommit(false);
			return connection;
		}, false)).isNull();
	}

	private static void assertHasOnlyAPid(Backend backend) {
		assertThat(backend.pid()).isPositive();
		assertThat(backend.start()).isNull();
	}

	private void hideRolesAndDatabases() {
		this.database.execute("REVOKE SELECT ON pg_catalog.pg_roles, pg_catalog.pg_database FROM PUBLIC");
	}

	private int living(Backend backend) {
		return this.database.query("SELECT 1 FROM pg_stat_activity WHERE pid = " + backend.pid()).size();
	}

	private Connection open() throws SQLException {
		return DriverManager.getConnection(this.database.getPlainUrl(), this.role, "secret");
	}

}
