// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.process;

import java.nio.file.Path;
import java.time.Duration;

import dev.lockkeeper.app.PlainApplication;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.Http;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.SampledCases;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A process that migrates itself: its story, and what remains when it is ended in the
 * middle.
 */
class SelfIT {

	private static final int LONGEST_STORY = 6;

	private static final String PASSES_GATE = """
			me:slow splitStatements:false
			do $$ begin
				while exists (select from gate) loop perform pg_sleep(0.05); end loop;
			end $$""";

	private static final String SLEEPING = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' "
			+ "AND state = 'active' AND pid <> pg_backend_pid() AND datname = current_database()";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@Test
	void logsItsStoryInAHandfulOfLines() {
		Path changeLog = Applications.changeLog(this.directory.resolve("story.sql"),
				"me:one\ncreate table one (id int primary key);", "me:two\ncreate table two (id int primary key);");
		try (JavaProcess process = Applications.plain(changeLog, this.database).start()) {
			process.awaitLine("Started PlainApplication", Applications.START);
			assertThat(process.getStory()).hasSizeLessThanOrEqualTo(LONGEST_STORY)
				.anyMatch((line) -> line.contains("mode SELF (no platform is recognised)"))
				.anyMatch((line) -> line.contains("migrating (schema liquibase, 2 pending"))
				.anyMatch((line) -> line.contains("migrated (schema liquibase, CURRENT, 2 change sets applied"));
			int port = process.awaitPort(Applications.START);
			// Spring Boot says that it has started before it is ready
			Awaitility.await()
				.atMost(Applications.START)
				.until(() -> Http.get(port, "/actuator/health/readiness").status() == 200);
		}
	}

	@Test
	@FullTier
	void needsNeitherActuatorNorWebNorMetrics() {
		Path changeLog = Applications.changeLog(this.directory.resolve("bare.sql"),
				"me:one\ncreate table one (id int primary key);");
		try (JavaProcess process = JavaProcess
			.ofMainClassWithout(PlainApplication.class.getName(), "actuator", "health", "micrometer", "web", "tomcat",
					"servlet", "jackson")
			.arguments("--spring.liquibase.change-log=file:" + changeLog)
			.database(this.database)
			.start()) {
			assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isZero();
			assertThat(process.getOutput()).contains("Started PlainApplication", "lockkeeper - migrated");
		}
	}

	@ParameterizedTest
	@SampledCases
	@ValueSource(strings = { "self", "migrate-only" })
	void finishesTheRunningChangeSetOnSigtermAndStopsBeforeTheNext(String mode) {
		closeGate();
		Path changeLog = Applications.changeLog(this.directory.resolve("term.sql"), PASSES_GATE,
				"me:next\ncreate table next (id int primary key);");
		Path verdict = this.directory.resolve("verdict");
		try (JavaProcess process = Applications.plain(changeLog, this.database)
			.arguments("--lockkeeper.mode=" + mode, "--lockkeeper.termination-message-path=" + verdict,
					"--lockkeeper.shutdown-grace=5m")
			.start()) {
			awaitSleep();
			process.terminate();
			process.awaitLine("lockkeeper - stopping the run", Applications.START);
			openGate();
			assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isEqualTo(143);
		}
		assertThat(this.database.query("SELECT id FROM databasechangelog")).containsExactly("slow");
		assertThat(this.database.query("SELECT locked FROM databasechangeloglock")).containsExactly("f");
		assertThat(Applications.read(verdict)).contains("\"status\":\"TERMINATED\"", "\"code\":143", "\"applied\":1");
	}

	@ParameterizedTest
	@SampledCases
	@ValueSource(strings = { "self", "migrate-only" })
	@FullTier
	void endsTheStatementWhenTheGraceIsOverAndReleasesTheLocks(String mode) {
		Path changeLog = Applications.changeLog(this.directory.resolve("grace.sql"), "me:slow\nselect pg_sleep(3600);");
		try (JavaProcess process = Applications.plain(changeLog, this.database)
			.arguments("--lockkeeper.mode=" + mode, "--lockkeeper.shutdown-grace=8s")
			.start()) {
			awaitSleep();
			process.terminate();
			assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isEqualTo(143);
		}
		assertThat(this.database.query(SLEEPING)).containsExactly("0");
		assertThat(this.database.query("SELECT count(*) FROM databasechangelog")).containsExactly("0");
		assertThat(this.database.query("SELECT locked FROM databasechangeloglock")).containsExactly("f");
		assertThat(this.database.query("SELECT lock_until > timezone('utc', clock_timestamp()) FROM lockkeeper_lock"))
			.containsExactly("f");
	}

	@Test
	@FullTier
	void aProcessThatWaitsForTheLockEndsWithinASecondOfSigterm() {
		closeGate();
		Path changeLog = Applications.changeLog(this.directory.resolve("wait.sql"), PASSES_GATE);
		try (JavaProcess holder = Applications.plain(changeLog, this.database).start()) {
			awaitSleep();
			try (JavaProcess waiting = Applications.migrateOnly(changeLog, this.database)) {
				long began = System.nanoTime();
				waiting.awaitLine("lockkeeper - waiting for the lock", Applications.START);
				Duration start = Duration.ofNanos(System.nanoTime() - began);
				// While a lease is renewed late, the first line may lack the holder
				waiting.awaitLine("held by application ", Applications.START);
				long signalled = System.nanoTime();
				waiting.terminate();
				assertThat(waiting.awaitExit(Applications.START)).as(waiting::getOutput).isEqualTo(143);
				Duration took = Duration.ofNanos(System.nanoTime() - signalled);
				System.out.println("A process that waited for the lock ended %s after SIGTERM, and had started in %s"
					.formatted(took, start));
				// A machine that is slower is slower in both
				assertThat(took).isLessThan(Duration.ofSeconds(5).plus(start.dividedBy(2)));
			}
			openGate();
			holder.awaitLine("Started PlainApplication", Applications.START);
		}
	}

	@Test
	@FullTier
	void aKilledProcessLeavesNothingThatTheNextOneCannotTakeOver() {
		closeGate();
		Path changeLog = Applications.changeLog(this.directory.resolve("kill.sql"),
				"me:one\ncreate table one (id int primary key);", PASSES_GATE);
		try (JavaProcess killed = Applications.plain(changeLog, this.database)
			.arguments("--lockkeeper.lock.lease=5s")
			.start()) {
			awaitSleep();
			killed.kill();
			killed.awaitExit(Applications.START);
		}
		openGate();
		assertThat(this.database.query("SELECT locked FROM databasechangeloglock")).containsExactly("t");
		try (JavaProcess next = Applications.migrateOnly(changeLog, this.database)) {
			assertThat(next.awaitExit(Applications.START)).as(next::getOutput).isZero();
		}
		assertThat(this.database.query("SELECT id FROM databasechangelog ORDER BY orderexecuted"))
			.containsExactly("one", "slow");
		assertThat(this.database.query("SELECT locked FROM databasechangeloglock")).containsExactly("f");
	}

	private void closeGate() {
		this.database.execute("CREATE TABLE gate (id int)", "INSERT INTO gate VALUES (1)");
	}

	private void openGate() {
		this.database.execute("DELETE FROM gate");
	}

	private void awaitSleep() {
		Awaitility.await().atMost(Applications.START).until(() -> this.database.query(SLEEPING).contains("1"));
	}

}
