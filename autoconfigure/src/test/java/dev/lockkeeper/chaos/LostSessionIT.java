// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.chaos;

import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import dev.lockkeeper.process.Applications;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.PostgresRelay;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A database that ends the sessions of a run.
 */
@FullTier
class LostSessionIT {

	private static final String OTHER_SESSIONS = "SELECT pid FROM pg_stat_activity "
			+ "WHERE datname = current_database() AND application_name LIKE 'lockkeeper %' AND pid <> ";

	@TempDir
	Path directory;

	@Test
	void theRunGoesOnWhenItsSessionIsEnded() {
		Parallel.forEach(List.of("before 3", "begin 3", "row 3", "commit 3"), (point) -> {
			try (GatedMigration migration = new GatedMigration()) {
				migration.close(point);
				Path verdict = verdict(point);
				try (JavaProcess process = migration.start(verdict)) {
					terminate(migration.getDatabase(), migration.awaitHeld(point));
					assertThatItGoesOn(process, verdict);
				}
				migration.assertDone();
			}
		});
	}

	@Test
	void theRunIsStartedAgainWhenItMayNotGoOn() {
		try (GatedMigration migration = new GatedMigration()) {
			migration.close("end 3");
			Path verdict = verdict("alone");
			try (JavaProcess process = migration.start(migration.getDatabase().getUrl(), verdict,
					"--lockkeeper.retry.max-attempts=1")) {
				terminate(migration.getDatabase(), migration.awaitHeld("end 3"));
				assertThatItIsStartedAgain(process, verdict);
			}
			migration.open("end 3");
			migration.runPlainly();
			migration.assertDone();
		}
	}

	@Test
	void theRunEndsWhenItsSessionIsEndedAgainAndAgain() {
		try (GatedMigration migration = new GatedMigration()) {
			migration.close("end 3");
			Path verdict = verdict("again");
			try (JavaProcess process = migration.start(migration.getDatabase().getUrl(), verdict,
					"--lockkeeper.retry.max-attempts=3")) {
				// What was applied before the first loss makes it begin to count anew
				for (int i = 0; i < 4; i++) {
					String pid = migration.awaitHeld("end 3");
					migration.getDatabase().execute("UPDATE gate SET backend = NULL");
					terminate(migration.getDatabase(), pid);
				}
				assertThatItIsStartedAgain(process, verdict);
				assertThat(process.getOutput()).contains("connection lost (schema liquibase, 1 of 3 times",
						"connection lost (schema liquibase, 2 of 3 times");
			}
			migration.open("end 3");
			migration.runPlainly();
			migration.assertDone();
		}
	}

	@Test
	void theRunGoesOnThroughANetworkThatHesitates() {
		try (GatedMigration migration = new GatedMigration();
				PostgresRelay relay = PostgresRelay.to(migration.getDatabase())) {
			relay.delay(Duration.ofMillis(20));
			migration.close("end 3");
			Path verdict = verdict("delayed");
			try (JavaProcess process = migration.start(relay.getUrl(), verdict)) {
				migration.awaitHeld("end 3");
				relay.drop();
				migration.open("end 3");
				Awaitility.await("the answer is held up")
					.until(() -> migration.getDatabase()
						.query("SELECT state FROM pg_stat_activity WHERE query LIKE '%end 3%' "
								+ "AND pid <> pg_backend_pid()")
						.equals(List.of("idle in transaction")));
				relay.resume();
				assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isZero();
				assertThat(process.getOutput()).doesNotContain("connection lost");
			}
			migration.assertDone();
		}
	}

	@Test
	void theRunGoesOnAfterAHalfClosedConnection() {
		try (GatedMigration migration = new GatedMigration();
				PostgresRelay relay = PostgresRelay.to(migration.getDatabase())) {
			migration.close("end 3");
			Path verdict = verdict("half-closed");
			try (JavaProcess process = migration.start(relay.getUrl(), verdict)) {
				migration.awaitHeld("end 3");
				relay.halfClose();
				assertThatItGoesOn(process, verdict);
			}
			migration.assertDone();
		}
	}

	@Test
	void theRunIsStartedAgainWhenItsLeaseEndsBecauseNothingGetsThrough() {
		try (GatedMigration migration = new GatedMigration();
				PostgresRelay relay = PostgresRelay.to(migration.getDatabase())) {
			migration.close("end 3");
			Path verdict = verdict("dropped");
			try (JavaProcess process = migration.start(relay.getUrl(), verdict)) {
				migration.awaitHeld("end 3");
				relay.drop();
				assertThatItIsStartedAgain(process, verdict);
			}
			relay.close();
			migration.open("end 3");
			migration.runPlainly();
			migration.assertDone();
		}
	}

	@Test
	void theRunGoesOnWhenTheSessionOfItsLeaseIsEnded() {
		try (GatedMigration migration = new GatedMigration()) {
			migration.close("end 3");
			try (JavaProcess process = migration.start()) {
				String pid = migration.awaitHeld("end 3");
				TestDatabase database = migration.getDatabase();
				List<String> sessions = database.query(OTHER_SESSIONS + pid);
				assertThat(sessions).hasSize(1);
				terminate(database, sessions.get(0));
				String until = database.query("SELECT lock_until FROM lockkeeper_lock").get(0);
				Awaitility.await("the lease is renewed on another session")
					.atMost(GatedMigration.LEASE.multipliedBy(5))
					.until(() -> !database.query(OTHER_SESSIONS + pid).isEmpty()
							&& !database.query("SELECT lock_until FROM lockkeeper_lock").contains(until));
				migration.open("end 3");
				assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isZero();
			}
			migration.assertDone();
		}
	}

	@Test
	void theRunGoesOnWhenTheServerCrashes() {
		TestPostgres server = TestPostgres.startEmbedded();
		Map<String, GatedMigration> migrations = new LinkedHashMap<>();
		Map<String, JavaProcess> processes = new LinkedHashMap<>();
		try {
			for (String point : List.of("before 3", "end 3", "commit 3")) {
				GatedMigration migration = new GatedMigration(server);
				migration.close(point);
				migrations.put(point, migration);
				processes.put(point, migration.start(verdict(point)));
			}
			migrations.forEach((point, migration) -> migration.awaitHeld(point));
			server.crashAndRestart();
			processes.forEach((point, process) -> assertThatItGoesOn(process, verdict(point)));
			migrations.values().forEach(GatedMigration::assertDone);
		}
		finally {
			processes.values().forEach(JavaProcess::close);
			server.close();
		}
	}

	private Path verdict(String point) {
		return this.directory.resolve("verdict " + point);
	}

	private static void assertThatItGoesOn(JavaProcess process, Path verdict) {
		assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isZero();
		assertThat(process.getOutput()).contains("lockkeeper - connection lost (schema liquibase, 1 of 5 times");
		assertThat(Applications.read(verdict)).contains("\"status\":\"DONE\"",
				"\"applied\":" + (GatedMigration.CHANGE_SETS + 1));
	}

	private static void assertThatItIsStartedAgain(JavaProcess process, Path verdict) {
		assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isEqualTo(75);
		assertThat(Applications.read(verdict)).contains("\"status\":\"TEMPORARY\"", "\"code\":75",
				"\"retryable\":true");
	}

	private static void terminate(TestDatabase database, String pid) {
		assertThat(database.query("SELECT pg_terminate_backend(%s, 60000)".formatted(pid))).containsExactly("t");
	}

}
