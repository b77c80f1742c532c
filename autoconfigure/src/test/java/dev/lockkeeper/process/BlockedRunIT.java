// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.OtherSession;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A process whose change set waits for another session, or for its next attempt, is
 * killed, asked to end, or stands still.
 */
@FullTier
class BlockedRunIT {

	private static final String BLOCKED = "was blocked (schema liquibase, attempt 1 of";

	private static final String SLOWLY = "--lockkeeper.postgresql.lock-timeout=15s";

	private static final String SOON = "--lockkeeper.postgresql.lock-timeout=1s";

	private static final String ROWS = "SELECT concat(id, ' ', exectype) FROM databasechangelog ORDER BY orderexecuted";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private OtherSession reader;

	@BeforeEach
	void beginToRead() {
		this.database.execute("CREATE TABLE ship (id int)");
		this.reader = OtherSession.begin(this.database, "reporting", "SELECT * FROM ship");
	}

	@AfterEach
	void endReading() {
		this.reader.close();
	}

	@Test
	void aProcessThatIsKilledWhileItWaitsLeavesNothing() throws Exception {
		try (JavaProcess process = start(SLOWLY)) {
			awaitWait();
			process.kill();
		}
		assertThatARerunEndsWell();
	}

	@Test
	void aProcessThatIsKilledBetweenTwoAttemptsLeavesNothing() throws Exception {
		try (JavaProcess process = start(SOON)) {
			process.awaitLine(BLOCKED, Applications.START);
			process.kill();
		}
		assertThatARerunEndsWell();
	}

	@Test
	void aProcessThatIsAskedToEndBetweenTwoAttemptsEndsAtOnce() throws Exception {
		try (JavaProcess process = start("--lockkeeper.postgresql.lock-timeout=4s")) {
			process.awaitLine(BLOCKED, Applications.START);
			process.terminate();
			assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isEqualTo(143);
			assertThat(process.getOutput()).doesNotContain("the ledger of runs could not be written");
		}
		assertThat(this.database.query("SELECT status FROM lockkeeper_run")).containsExactly("TERMINATED");
		assertThatARerunEndsWell();
	}

	@Test
	void aProcessThatStandsStillBetweenTwoAttemptsCommitsNothingWhenItHasLostItsLease() throws Exception {
		try (JavaProcess process = start(SOON)) {
			process.awaitLine(BLOCKED, Applications.START);
			signal("STOP", process);
			assertThatARerunEndsWell();
			signal("CONT", process);
			assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isEqualTo(75);
			assertThat(process.getOutput()).contains("because the lease was lost");
		}
		assertThat(this.database.query(ROWS)).containsExactly("one EXECUTED", "two EXECUTED");
	}

	private void assertThatARerunEndsWell() throws Exception {
		this.reader.release();
		try (JavaProcess process = start(SOON)) {
			assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isZero();
		}
		assertThat(this.database.query(ROWS)).containsExactly("one EXECUTED", "two EXECUTED");
	}

	private JavaProcess start(String timeout) throws IOException {
		Path changeLog = Files.writeString(this.directory.resolve("changelog.sql"), """
				--liquibase formatted sql

				--changeset me:one logicalFilePath:db
				create table one (id int);

				--changeset me:two logicalFilePath:db
				create table two (id int);
				alter table ship add column length int;
				""");
		return Applications.migrateOnly(changeLog, this.database, "--lockkeeper.lock.lease=5s", timeout);
	}

	private void awaitWait() {
		Awaitility.await()
			.atMost(Applications.START)
			.until(() -> !this.database.query(
					"SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%alter table ship%'")
				.isEmpty());
	}

	private static void signal(String name, JavaProcess process) throws IOException {
		Process kill = new ProcessBuilder("kill", "-" + name, String.valueOf(process.getPid())).inheritIO().start();
		assertThat(kill.onExit().orTimeout(Applications.START.toSeconds(), TimeUnit.SECONDS).join().exitValue())
			.isZero();
	}

}
