// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.testsupport.SampledCases;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.flywaydb.core.api.FlywayException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * A Flyway that is not governed and one that is keep each other out.
 */
@ExtendWith(OutputCaptureExtension.class)
class StockFlywayIT {

	private static final Duration TIMEOUT = Duration.ofMinutes(3);

	private static final String WAITING = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted "
			+ "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

	private static final String OPEN_GATE = "SELECT pg_advisory_unlock(1)";

	private static final String SHIP = "V1__ship.sql\nCREATE TABLE ship (id int);";

	/** Waits until the test lets it go on. */
	private static final String GATED = "V2__gated.sql\nSELECT pg_advisory_xact_lock(1);\nINSERT INTO ship VALUES (2);";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@ParameterizedTest
	@SampledCases
	@ValueSource(booleans = { true, false })
	void stockFlywayWaitsForAGovernedRun(boolean transactionalLock) throws SQLException {
		MigrationFiles files = files();
		try (Connection gate = this.database.open()) {
			execute(gate, "SELECT pg_advisory_lock(1)");
			CompletableFuture<Void> run = CompletableFuture.runAsync(() -> run(files.application(this.database)));
			awaitWaiting();
			assertThatExceptionOfType(FlywayException.class)
				.isThrownBy(() -> files.stock(this.database)
					.lockRetryCount(1)
					.configuration(
							java.util.Map.of("flyway.postgresql.transactional.lock", String.valueOf(transactionalLock)))
					.load()
					.migrate())
				.withMessageContaining("Number of retries exceeded");
			execute(gate, OPEN_GATE);
			assertThat(run).succeedsWithin(TIMEOUT);
		}
		assertThat(files.stock(this.database).load().migrate().migrationsExecuted).isZero();
		assertThat(this.database.query("SELECT id FROM ship")).containsExactly("2");
	}

	@ParameterizedTest
	@SampledCases
	@ValueSource(booleans = { true, false })
	void aGovernedRunWaitsForStockFlyway(boolean transactionalLock, CapturedOutput output) throws SQLException {
		MigrationFiles files = files();
		try (Connection gate = this.database.open()) {
			execute(gate, "SELECT pg_advisory_lock(1)");
			CompletableFuture<Void> stock = CompletableFuture.runAsync(() -> files.stock(this.database)
				.configuration(
						java.util.Map.of("flyway.postgresql.transactional.lock", String.valueOf(transactionalLock)))
				.load()
				.migrate());
			awaitWaiting();
			CompletableFuture<Void> run = CompletableFuture.runAsync(() -> run(files.application(this.database)));
			Awaitility.await("the run waits")
				.atMost(TIMEOUT)
				.until(() -> output.getOut().contains("waiting for the lock of a Flyway that is not governed"));
			execute(gate, OPEN_GATE);
			assertThat(stock).succeedsWithin(TIMEOUT);
			assertThat(run).succeedsWithin(TIMEOUT);
		}
		assertThat(this.database.query("SELECT id FROM ship")).containsExactly("2");
	}

	@Test
	void aGovernedRunGivesUpWithTheReason() throws SQLException {
		MigrationFiles files = files();
		try (Connection gate = this.database.open()) {
			execute(gate, "SELECT pg_advisory_lock(1)");
			CompletableFuture<Void> stock = CompletableFuture
				.runAsync(() -> files.stock(this.database).load().migrate());
			awaitWaiting();
			files.application(this.database).withPropertyValues("spring.flyway.lock-retry-count=1").run((context) -> {
				LockkeeperException failure = Objects
					.requireNonNull(LockkeeperException.findIn(context.getStartupFailure()));
				assertThat(failure.getStatus()).isEqualTo(ExitStatus.TEMPORARY);
				assertThat(failure).hasMessageContaining("A Flyway that is not governed has held its lock to the end");
				assertThat(failure.getAction()).contains("spring.flyway.lock-retry-count");
			});
			execute(gate, OPEN_GATE);
			assertThat(stock).succeedsWithin(TIMEOUT);
		}
	}

	private MigrationFiles files() {
		return MigrationFiles.in(this.directory.resolve("migrations"), SHIP, GATED);
	}

	private void awaitWaiting() {
		Awaitility.await("the migration waits").atMost(TIMEOUT).until(() -> !this.database.query(WAITING).isEmpty());
	}

	private static void execute(Connection connection, String sql) throws SQLException {
		try (var statement = connection.createStatement()) {
			statement.execute(sql);
		}
	}

	private static void run(ApplicationContextRunner application) {
		application.run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(MigrationFiles.state(context).status()).isEqualTo(SchemaStatus.CURRENT);
		});
	}

}
