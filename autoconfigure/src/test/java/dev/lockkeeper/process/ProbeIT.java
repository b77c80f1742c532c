// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.process;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

import dev.lockkeeper.process.Prober.Probe;
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
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Probes of a process that migrates or waits while it starts.
 */
class ProbeIT {

	private static final String LIVENESS = "/actuator/health/liveness";

	private static final String SCHEMA = "/actuator/schema";

	private static final String READINESS = "/actuator/health/readiness";

	/**
	 * What is promised, and the slack for a busy machine.
	 */
	private static final Duration LONGEST_GAP = Duration.ofMillis(100).multipliedBy(5);

	/**
	 * How long an answer may take, with the same slack.
	 */
	private static final Duration LONGEST_ANSWER = LONGEST_GAP;

	/**
	 * The default timeout of a kubelet, with the same slack: the first answers of Spring
	 * Boot's own server are slow.
	 */
	private static final Duration LONGEST_FIRST_ANSWER = Duration.ofSeconds(1).multipliedBy(5);

	private static final int ENOUGH = 50;

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final int port = Http.freePort();

	private final int managementPort = Http.freePort();

	@ParameterizedTest
	@SampledCases
	@ValueSource(booleans = { false, true })
	@FullTier
	void noProbeGoesUnansweredDuringALongMigrationButForAMoment(boolean ownPort) {
		Path changeLog = Applications.changeLog(this.directory.resolve("long.sql"), "me:long\nselect pg_sleep(10);");
		JavaProcess.Builder builder = process(changeLog);
		if (ownPort) {
			builder.arguments("--management.server.port=" + this.managementPort);
		}
		int probed = ownPort ? this.managementPort : this.port;
		try (JavaProcess process = builder.start();
				Prober liveness = new Prober(probed, LIVENESS);
				Prober readiness = new Prober(probed, READINESS)) {
			process.awaitLine("Started PlainApplication", Applications.START);
			Awaitility.await()
				.atMost(Applications.START)
				.until(() -> readiness.getProbes().stream().filter((probe) -> probe.status() == 200).count() > ENOUGH);
			Instant migrating = process.awaitLine("lockkeeper - migrating", Applications.START).at();
			Instant migrated = process.awaitLine("lockkeeper - migrated", Applications.START).at();
			assertThat(this.database.query("SELECT finished_at - started_at >= '10s' FROM lockkeeper_run"))
				.as("the migration lasts")
				.containsExactly("t");
			for (Prober prober : List.of(liveness, readiness)) {
				List<Probe> probes = prober.getProbes().stream().dropWhile((probe) -> !probe.isAnswered()).toList();
				List<Probe> during = probes.stream()
					.filter((probe) -> probe.sent().isAfter(migrating) && probe.over().isBefore(migrated))
					.toList();
				report("during the migration", during);
				report("from the first answer on", probes);
				assertThat(during).hasSizeGreaterThan(ENOUGH)
					.allMatch((probe) -> probe.status() == ((prober == liveness) ? 200 : 503));
				assertThat(Prober.longestGap(during)).isLessThanOrEqualTo(LONGEST_GAP);
				assertThat(Prober.slowestAnswer(during))
					.isLessThanOrEqualTo(LONGEST_ANSWER.plus(Prober.longestPause(during)));
				assertThat(Prober.longestGap(probes)).isLessThanOrEqualTo(LONGEST_GAP);
				assertThat(Prober.slowestAnswer(probes))
					.isLessThanOrEqualTo(LONGEST_FIRST_ANSWER.plus(Prober.longestPause(probes)));
			}
			assertThat(readiness.getProbes()).filteredOn(Probe::isAnswered)
				.extracting(Probe::status)
				.containsSubsequence(503, 200)
				.containsOnly(503, 200);
			assertThat(Http.get(probed, LIVENESS).body()).startsWith("{\"status\":\"UP\"");
		}
	}

	@Test
	@FullTier
	void stockSpringBootAnswersNoneOfThem() {
		Path changeLog = Applications.changeLog(this.directory.resolve("stock.sql"), "me:long\nselect pg_sleep(4);");
		try (JavaProcess process = process(changeLog).arguments("--lockkeeper.enabled=false").start();
				Prober liveness = new Prober(this.port, LIVENESS)) {
			Awaitility.await()
				.atMost(Applications.START)
				.until(() -> this.database
					.query("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' "
							+ "AND query LIKE '%pg_sleep(4)%' AND pid <> pg_backend_pid()")
					.contains("1"));
			Instant migrating = Instant.now();
			Awaitility.await().atMost(Applications.START).until(() -> sentAfter(migrating, liveness).size() > ENOUGH);
			List<Probe> during = sentAfter(migrating, liveness);
			System.out.println("Stock Spring Boot: " + during.stream().filter((probe) -> !probe.isAnswered()).count()
					+ " of " + during.size() + " probes unanswered during a migration");
			assertThat(during).noneMatch(Probe::isAnswered);
			assertThat(process.isAlive()).isTrue();
		}
	}

	private static List<Probe> sentAfter(Instant time, Prober prober) {
		return prober.getProbes().stream().filter((probe) -> probe.sent().isAfter(time)).toList();
	}

	@Test
	@FullTier
	void aProcessThatWaitsForTheSchemaIsLiveAndNotReadyUntilItIsThere() {
		Path changeLog = Applications.changeLog(this.directory.resolve("defer.sql"), "me:one\nselect 1;");
		try (JavaProcess deferring = Applications.deferring(changeLog, this.database, this.port)
			.arguments("--management.endpoint.health.show-details=always")
			.start()) {
			deferring.awaitLine("lockkeeper - waiting for the schema", Applications.START);
			assertThat(Http.get(this.port, LIVENESS)).matches((answer) -> answer.is(200, "{\"status\":\"UP\"}"));
			Http.Answer readiness = Http.get(this.port, READINESS);
			assertThat(readiness.status()).isEqualTo(503);
			assertThat(readiness.body()).isEqualTo("{\"status\":\"OUT_OF_SERVICE\",\"components\":{\"schema\":"
					+ "{\"status\":\"OUT_OF_SERVICE\",\"details\":{\"mode\":\"DEFER\","
					+ "\"activity\":\"waiting for the schema\",\"liquibase\":{\"status\":\"PENDING\"}}}}}");
			assertThat(Http.get(this.port, "/").status()).isEqualTo(503);
			try (JavaProcess migrating = Applications.migrateOnly(changeLog, this.database)) {
				assertThat(migrating.awaitExit(Applications.START)).as(migrating::getOutput).isZero();
			}
			Awaitility.await().atMost(Applications.START).until(() -> Http.get(this.port, READINESS).status() == 200);
			assertThat(Http.get(this.port, LIVENESS).status()).isEqualTo(200);
			assertThat(Http.get(this.port, "/").status()).isEqualTo(404);
		}
	}

	@Test
	void theEndpointShowsAtItsOwnPortWhatTheWaitHasSeenLast() throws SQLException {
		Path changeLog = Applications.changeLog(this.directory.resolve("shown.sql"), "me:one\nselect 1;",
				"me:held\nselect pg_advisory_xact_lock(42);");
		Path failing = Applications.changeLog(this.directory.resolve("failing.sql"), "me:failing\nselect 1/0;");
		try (JavaProcess failed = Applications.migrateOnly(failing, this.database)) {
			assertThat(failed.awaitExit(Applications.START)).as(failed::getOutput).isEqualTo(70);
		}
		try (JavaProcess deferring = Applications.deferring(changeLog, this.database, this.port)
			.arguments("--management.server.port=" + this.managementPort, "--lockkeeper.wait.max-interval=1s")
			.start(); Connection blocker = this.database.open(); Statement statement = blocker.createStatement()) {
			deferring.awaitLine("lockkeeper - waiting for the schema", Applications.START);
			assertThat(schema()).startsWith("{\"mode\":{\"value\":\"DEFER\",\"reason\":\"platform KUBERNETES")
				.contains("\"status\":\"PENDING\"", "\"applied\":0,\"pending\":{\"total\":2,\"first\":[{\"id\":\"one\"",
						"\"run\":null", "\"lastRun\":{\"runId\"", "\"status\":\"MIGRATION\",\"code\":70");
			assertThat(Http.get(this.port, SCHEMA)).as("the endpoint will not be there")
				.matches((answer) -> answer.is(503, "{\"status\":503,\"error\":\"Service Unavailable\"}"));
			statement.execute("SELECT pg_advisory_lock(42)");
			try (JavaProcess migrating = Applications.migrateOnly(changeLog, this.database)) {
				Awaitility.await()
					.atMost(Applications.START)
					.untilAsserted(() -> assertThat(schema()).contains("\"applied\":1,", "\"lock\":{\"holder\":\"",
							"\"mode\":\"MIGRATE_ONLY\"", "\"changeSet\":{\"id\":\"held\"", "\"number\":2,\"of\":2"));
				assertThat(Http.get(this.managementPort, SCHEMA, "text/html").body()).startsWith("<!DOCTYPE html>")
					.contains("May serve: no", "MIGRATE_ONLY");
				assertThat(Http.get(this.managementPort, READINESS).status()).isEqualTo(503);
				statement.execute("SELECT pg_advisory_unlock(42)");
				assertThat(migrating.awaitExit(Applications.START)).as(migrating::getOutput).isZero();
			}
			Awaitility.await()
				.atMost(Applications.START)
				.until(() -> Http.get(this.managementPort, READINESS).status() == 200);
			assertThat(schema()).contains("\"status\":\"CURRENT\"", "\"lastRun\":{\"runId\"");
		}
	}

	private String schema() {
		return Http.get(this.managementPort, SCHEMA).body();
	}

	@Test
	@FullTier
	void aStatementThatTakesLongIsProgressBecauseItsBackendIsActive() {
		Path changeLog = Applications.changeLog(this.directory.resolve("active.sql"), "me:long\nselect pg_sleep(12);");
		try (JavaProcess process = process(changeLog).arguments("--lockkeeper.probe.stuck-after=6s").start()) {
			process.awaitLine("lockkeeper - migrating", Applications.START);
			try (Prober liveness = new Prober(this.port, LIVENESS)) {
				process.awaitLine("lockkeeper - migrated", Applications.START);
				assertThat(liveness.getProbes()).filteredOn(Probe::isAnswered)
					.hasSizeGreaterThan(ENOUGH)
					.allMatch((probe) -> probe.status() == 200);
			}
		}
	}

	@ParameterizedTest
	@FullTier
	@CsvSource({ "self, waiting for a Liquibase that is not governed", "defer, waiting for the schema" })
	void aWaitingProcessIsLiveForLongerThanWhatCountsAsStuck(String mode, String activity) {
		Path changeLog = Applications.changeLog(this.directory.resolve("waits.sql"), "me:one\nselect 1;");
		this.database.execute(
				"CREATE TABLE databasechangeloglock (id int PRIMARY KEY, locked boolean NOT NULL, "
						+ "lockgranted timestamp, lockedby varchar(255))",
				"INSERT INTO databasechangeloglock VALUES (1, true, now(), 'elsewhere (10.9.8.7)')");
		try (JavaProcess process = process(changeLog)
			.arguments("--lockkeeper.probe.stuck-after=6s", "--lockkeeper.mode=" + mode,
					"--management.endpoint.health.show-details=always")
			.start()) {
			process.awaitLine("lockkeeper - " + activity, Applications.START);
			Awaitility.await()
				.during(Duration.ofSeconds(9))
				.atMost(Applications.START)
				.until(() -> Http.get(this.port, LIVENESS).status() == 200);
			assertThat(Http.get(this.port, READINESS).body()).contains("\"activity\":\"%s\"".formatted(activity));
		}
	}

	@Test
	@FullTier
	void aMigrationInWhichNothingMovesIsNotLive() {
		Path changeLog = Applications.write(this.directory.resolve("stuck.yaml"), """
				databaseChangeLog:
				- changeSet: {id: stuck, author: me, changes: [{customChange: {class: "%s"}}]}
				""".formatted(ForgetfulTaskChange.class.getName()));
		try (JavaProcess process = process(changeLog).arguments("--lockkeeper.probe.stuck-after=6s").start()) {
			process.awaitLine(ForgetfulTaskChange.FORGETS, Applications.START);
			assertThat(Http.get(this.port, LIVENESS).status()).isEqualTo(200);
			Awaitility.await()
				.atMost(Applications.START)
				.until(() -> Http.get(this.port, LIVENESS).is(503, "{\"status\":\"DOWN\"}"));
			process.terminate();
		}
	}

	@Test
	@FullTier
	void aProcessThatWaitsEndsWithinASecondOfSigterm() {
		Path changeLog = Applications.changeLog(this.directory.resolve("term.sql"), "me:one\nselect 1;");
		try (JavaProcess waiting = Applications.deferring(changeLog, this.database, this.port).start();
				Prober liveness = new Prober(this.port, LIVENESS)) {
			waiting.awaitLine("lockkeeper - waiting for the schema", Applications.START);
			Instant signalled = Instant.now();
			waiting.terminate();
			assertThat(waiting.awaitExit(Applications.START)).as(waiting::getOutput).isEqualTo(143);
			Duration took = Duration.between(signalled, Instant.now());
			System.out.println("A probed process that waits ended " + took + " after SIGTERM");
			assertThat(took).isLessThan(Duration.ofSeconds(5));
			assertThat(liveness.getProbes()).anyMatch(Probe::isAnswered);
		}
	}

	@Test
	@FullTier
	void aProcessWhoseStartFailsEnds() {
		Path changeLog = Applications.changeLog(this.directory.resolve("broken.sql"), "me:one\nselect nothing;");
		try (JavaProcess process = process(changeLog).start()) {
			assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isEqualTo(70);
		}
	}

	private JavaProcess.Builder process(Path changeLog) {
		return Applications.plain(changeLog, this.database, this.port);
	}

	private static void report(String when, List<Probe> probes) {
		System.out.println(
				"Probes every 20 ms %s: %d, of which %d unanswered; longest gap %d ms, slowest answer %d ms, latest probe %d ms"
					.formatted(when, probes.size(), probes.stream().filter((probe) -> !probe.isAnswered()).count(),
							Prober.longestGap(probes).toMillis(), Prober.slowestAnswer(probes).toMillis(),
							Prober.longestPause(probes).toMillis()));
	}

}
