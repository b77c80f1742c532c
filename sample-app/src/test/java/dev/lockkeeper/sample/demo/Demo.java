// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.sample.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

import ch.qos.logback.classic.Level;
import dev.lockkeeper.sample.demo.Tool.Step;
import dev.lockkeeper.testsupport.Http;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.JavaProcess.Line;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.slf4j.LoggerFactory;

import org.springframework.util.FileSystemUtils;

/**
 * Plays a deployment with two roles: two instances that defer, a migration of the same
 * jar, one that is killed in the middle, an instance that migrates itself and is probed
 * meanwhile, a column that is added under traffic, and a release that fails. Ends with 0
 * only if everything happened as expected; frees its processes and its directory in any
 * case.
 */
public final class Demo {

	private static final Duration TIMEOUT = Duration.ofSeconds(60);

	private static final Duration PROBE_INTERVAL = Duration.ofMillis(20);

	private static final int NO_ANSWER = 0;

	private static final String READINESS = "/actuator/health/readiness";

	private static final String LIVENESS = "/actuator/health/liveness";

	private static final String[] ROLES = { "--lockkeeper.postgresql.set-role=harbour_owner",
			"--lockkeeper.postgresql.app-role=harbour_app", "--lockkeeper.postgresql.verify-app-role=fail" };

	private static final String LOCK_TIMEOUT = "--lockkeeper.postgresql.lock-timeout=1s";

	private static final String BLOCKED = "was blocked";

	private static final String BRIEF_LEASE = "--lockkeeper.lock.lease=5s";

	private static final Step MOORINGS = new Step("moorings",
			"CREATE TABLE mooring (id int PRIMARY KEY); SELECT pg_sleep(6)");

	private static final Step BUOYS = new Step("buoys", "CREATE TABLE buoy (id int PRIMARY KEY); SELECT pg_sleep(5)");

	private static final Step TIDES = new Step("tides",
			"ALTER TABLE berth ADD COLUMN tide int; UPDATE berths SET tide = 1");

	private static final Step DEPTHS = new Step("depths", "ALTER TABLE berth ADD COLUMN depth int");

	private static final Step CRANES = new Step("cranes", "ALTER TABLE berth ADD COLUMN cranes int");

	private static final List<Step> SLOW_RELEASE = List.of(MOORINGS);

	private static final List<Step> SLOWER_RELEASE = List.of(MOORINGS, BUOYS);

	private static final List<Step> FOURTH_RELEASE = List.of(MOORINGS, BUOYS, DEPTHS);

	private static final List<Step> FIFTH_RELEASE = List.of(MOORINGS, BUOYS, DEPTHS, CRANES);

	private static final List<Step> BROKEN_RELEASE = List.of(MOORINGS, BUOYS, DEPTHS, CRANES, TIDES);

	private final Timeline timeline = new Timeline(System.out);

	private final List<JavaProcess> processes = new ArrayList<>();

	private volatile boolean interrupted;

	private final Path jar;

	private final Tool tool;

	private final boolean pausing;

	private final Path directory;

	private final TestDatabase database;

	private Demo(Path jar, Tool tool, boolean pausing, Path directory, TestDatabase database) {
		this.jar = jar;
		this.tool = tool;
		this.pausing = pausing;
		this.directory = directory;
		this.database = database;
	}

	/**
	 * Play.
	 * @param arguments the path of the sample's jar, {@code --engine=flyway} to let
	 * Flyway migrate, and {@code --pause} to stop where there is a page to look at
	 * @throws IOException when there is no place for temporary files
	 */
	public static void main(String[] arguments) throws IOException {
		((ch.qos.logback.classic.Logger) LoggerFactory.getLogger("ROOT")).setLevel(Level.OFF);
		Path directory = Files.createTempDirectory("lockkeeper-demo");
		TestPostgres postgres = TestPostgres.startEmbedded();
		List<String> options = List.of(arguments);
		Demo demo = new Demo(Path.of(arguments[0]), Tool.of(options), options.contains("--pause"), directory,
				postgres.createDatabase());
		Runtime.getRuntime().addShutdownHook(new Thread(() -> demo.clean(postgres)));
		try {
			demo.play();
			System.out.printf("%nAll of it happened.%n");
			System.exit(0);
		}
		catch (AssertionError | ConditionTimeoutException ex) {
			if (demo.interrupted) {
				return;
			}
			System.out.printf("%nThis was not as expected: %s%n", ex.getMessage());
			demo.processes.forEach((process) -> System.out.println(process.getOutput()));
			System.exit(1);
		}
	}

	private void play() throws IOException {
		this.timeline.scene(
				"An empty PostgreSQL, and two roles: the Job becomes harbour_owner, instances are harbour_app. The jar prints what to grant.");
		grant();

		this.timeline.scene("Two instances of release 1 on a platform: they defer.");
		String[] firstRelease = this.tool.arguments();
		JavaProcess waiting = start("instance A", instance().arguments(firstRelease));
		JavaProcess serving = start("instance B",
				instance().arguments(firstRelease).arguments("--lockkeeper.defer.startup=serve"));
		waiting.awaitLine("lockkeeper - waiting for the schema", TIMEOUT);
		this.timeline.add("A", "waits for the schema; its web server is not up yet");
		int portOfB = serving.awaitPort(TIMEOUT);
		expect("B is live and not ready", () -> status(portOfB, LIVENESS) == 200 && status(portOfB, READINESS) == 503);
		this.timeline.add("B", "serves its probes: liveness 200, readiness 503");
		expect("B has a page for browsers",
				() -> Http.get(portOfB, "/actuator/schema", "text/html").body().contains("May serve"));
		showPage("B", portOfB);

		this.timeline.scene("The Job: the same jar with --migrate-only.");
		migrate(0, "migrated (", job(firstRelease));
		int portOfA = waiting.awaitPort(TIMEOUT);
		expect("A is ready", () -> status(portOfA, READINESS) == 200);
		this.timeline.add("A", "is ready: readiness 200");
		expect("B is ready", () -> status(portOfB, READINESS) == 200);
		this.timeline.add("B", "is ready: readiness 200");
		expect("A has berths", () -> Http.get(portOfA, "/berths").body().contains("North Quay"));
		this.timeline.add("A", "GET /berths answers");

		this.timeline.scene("The Job again.");
		migrate(0, "nothing to do (", job(firstRelease));

		this.timeline
			.scene("Release 2: its Job is killed with -9 in the middle of a change set, and the next one goes on.");
		Path releases = this.directory.resolve("releases");
		killAndFinish(this.tool.release(releases, SLOW_RELEASE));
		check("A is still ready", status(portOfA, READINESS) == 200);
		check("B is still ready", status(portOfB, READINESS) == 200);

		this.timeline.scene("Release 3 migrates itself, slowly, and is probed every 20 ms from the beginning.");
		probeThroughMigration(this.tool.release(releases, SLOWER_RELEASE));

		this.timeline.scene(
				"Releases 4 and 5 each add a column to a table that A reads, while a transaction is in the way: without Lockkeeper, then with it, and a lock timeout of 1 s (2 s unless set).");
		alterUnderTraffic(releases, portOfA);

		this.timeline.scene("A broken release 6: its Job fails, and release 1 stays ready.");
		Path verdict = this.directory.resolve("verdict.json");
		migrate(70,
				"Change set %s failed"
					.formatted(this.tool.nameOf(releases, BROKEN_RELEASE, BROKEN_RELEASE.indexOf(TIDES))),
				job(this.tool.release(releases, BROKEN_RELEASE))
					.arguments("--lockkeeper.termination-message-path=" + verdict));
		this.timeline.add("Job", "left its verdict: " + Files.readString(verdict).strip());
		check("the failed change set left nothing",
				this.database.query(
						"SELECT 1 FROM information_schema.columns WHERE table_name = 'berth' AND column_name = 'tide'")
					.isEmpty());
		check("A is still ready", status(portOfA, READINESS) == 200);
		check("B is still ready", status(portOfB, READINESS) == 200);
		this.timeline.add("A and B", "are still ready: readiness 200");
		showPage("A", portOfA);

		this.timeline.scene("The end: SIGTERM for both.");
		waiting.terminate();
		serving.terminate();
		check("A ended with 143", waiting.awaitExit(TIMEOUT) == 143);
		check("B ended with 143", serving.awaitExit(TIMEOUT) == 143);
		this.database.awaitNoSessions();
		this.timeline.add("A and B", "ended; no session is left in the database");
	}

	private void grant() {
		JavaProcess printing = start("grants",
				as("harbour_migrator").separateStreams()
					.arguments(ROLES)
					.arguments("--migrate-only", "--print=grants", "--offline"));
		check("the grants were printed", printing.awaitExit(TIMEOUT) == 0);
		this.database.execute(printing.getOutput());
		this.database.execute("GRANT pg_read_all_stats TO harbour_migrator");
		this.timeline.add("superuser", "granted it; harbour_migrator sees other sessions, too (pg_read_all_stats)");
	}

	private void showPage(String actor, int port) throws IOException {
		this.timeline.add(actor, "shows its schema at http://localhost:%d/actuator/schema".formatted(port));
		if (!this.pausing) {
			this.timeline.add("", "(--pause gives you time to look)");
			return;
		}
		this.timeline.add("", "press Enter to go on");
		System.in.read();
		System.in.skip(System.in.available());
	}

	private void killAndFinish(String[] release) {
		JavaProcess job = start("Job", job(release).arguments(BRIEF_LEASE));
		expect("the Job is in the middle of change set moorings",
				() -> !this.database
					.query("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() "
							+ "AND wait_event = 'PgSleep' AND state = 'active'")
					.isEmpty());
		job.kill();
		int ended = job.awaitExit(TIMEOUT);
		check("the Job ended with 137, not " + ended, ended == 137);
		this.timeline.add("Job", "killed in change set moorings: exit code 137");
		check("the change set that was cut left nothing", !this.tool.isRecorded(this.database, MOORINGS)
				&& this.database.query("SELECT 1 FROM pg_tables WHERE tablename = 'mooring'").isEmpty());
		check("the lock is still held for the dead Job", this.tool.isLocked(this.database));
		migrate(0, "migrated (", job(release).arguments(BRIEF_LEASE));
		check("the change set was applied",
				!this.database.query("SELECT 1 FROM pg_tables WHERE tablename = 'mooring'").isEmpty());
		check("the lock is free", !this.tool.isLocked(this.database));
	}

	private void probeThroughMigration(String[] release) {
		int port = Http.freePort();
		JavaProcess migrating = start("instance C", self(port).arguments(release));
		expect("C is live", () -> status(port, LIVENESS) == 200);
		int answers = 0;
		int unanswered = 0;
		int ready = status(port, READINESS);
		for (long next = System.nanoTime(); ready != 200; next += PROBE_INTERVAL.toNanos()) {
			LockSupport.parkNanos(next - System.nanoTime());
			int live = status(port, LIVENESS);
			ready = status(port, READINESS);
			answers += (live != NO_ANSWER) ? 1 : 0;
			unanswered += (live == NO_ANSWER) ? 1 : 0;
			check("C is not ready before it has migrated", ready != 200 || this.tool.isRecorded(this.database, BUOYS));
			check("C goes on", migrating.isAlive());
		}
		check("all but a few probes were answered, not " + answers, answers > 20 && unanswered <= answers / 20);
		this.timeline.add("C", "%d probes answered, %d not, until readiness 200".formatted(answers, unanswered));
		migrating.terminate();
		check("C ended with 143", migrating.awaitExit(TIMEOUT) == 143);
	}

	private void alterUnderTraffic(Path releases, int port) throws IOException {
		JavaProcess stock = start("stock", stock(this.tool.release(releases, FOURTH_RELEASE)));
		Duration longest = readUntilApplied(DEPTHS, port);
		this.timeline.add("stock", "added the column");
		this.timeline.add("A", "GET /berths took up to %.1f s".formatted(longest.toMillis() / 1000.0));
		stock.awaitPort(TIMEOUT);
		stock.terminate();
		check("stock ended with 143", stock.awaitExit(TIMEOUT) == 143);
		JavaProcess job = start("Job", job(this.tool.release(releases, FIFTH_RELEASE)).arguments(LOCK_TIMEOUT)
			.echo((line) -> addFrom("change set ", BLOCKED, line)));
		Duration longestBesideJob = readUntilApplied(CRANES, port);
		end(job, 0, "migrated (");
		job.awaitLine(BLOCKED, Duration.ZERO.plusSeconds(1));
		this.timeline.add("A", "GET /berths took up to %.1f s".formatted(longestBesideJob.toMillis() / 1000.0));
		check("A answered sooner than without Lockkeeper", longestBesideJob.compareTo(longest) < 0);
	}

	private void addFrom(String beginning, String saying, String line) {
		if (line.contains(saying)) {
			this.timeline.add("Job", line.substring(line.indexOf(beginning)));
		}
	}

	/**
	 * Read while a transaction is in the way of a step.
	 * @return how long the longest answer took
	 */
	private Duration readUntilApplied(Step step, int port) {
		CompletableFuture<Void> inTheWay = CompletableFuture.runAsync(this::standInTheWay);
		long longest = 0;
		while (!this.tool.isRecorded(this.database, step)) {
			long asked = System.nanoTime();
			check("A answers", status(port, "/berths") == 200);
			longest = Math.max(longest, System.nanoTime() - asked);
			LockSupport.parkNanos(PROBE_INTERVAL.toNanos());
		}
		inTheWay.join();
		return Duration.ofNanos(longest);
	}

	private void standInTheWay() {
		try (Connection connection = this.database.open(); Statement statement = connection.createStatement()) {
			connection.setClientInfo("ApplicationName", "report");
			connection.setAutoCommit(false);
			long begun = System.nanoTime();
			statement.execute("SELECT count(*) FROM berth");
			this.timeline.add("report", "reads berths, in a transaction that it leaves open");
			expect("the ALTER TABLE waits",
					() -> !this.database
						.query("SELECT 1 FROM pg_locks WHERE relation = 'berth'::regclass AND NOT granted "
								+ "AND mode = 'AccessExclusiveLock'")
						.isEmpty());
			this.timeline.add("report", "is in the way of the ALTER TABLE from now on");
			statement.execute("SELECT pg_sleep(5)");
			connection.commit();
			this.timeline.add("report", "ends its transaction, after %.1f s"
				.formatted(Duration.ofNanos(System.nanoTime() - begun).toMillis() / 1000.0));
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private JavaProcess.Builder instance() {
		return serving("harbour_app", 0);
	}

	private JavaProcess.Builder self(int port) {
		return serving("harbour_migrator", port).arguments("--lockkeeper.mode=self").arguments(ROLES);
	}

	private JavaProcess.Builder stock(String[] release) {
		return serving("harbour_migrator", 0).arguments("--lockkeeper.enabled=false").arguments(release);
	}

	private JavaProcess.Builder job(String[] release) {
		return as("harbour_migrator").arguments("--migrate-only").arguments(ROLES).arguments(release);
	}

	private JavaProcess.Builder serving(String role, int port) {
		return as(role).arguments("--server.port=" + port, "--lockkeeper.wait.max-interval=2s");
	}

	private JavaProcess.Builder as(String role) {
		return JavaProcess.ofJar(this.jar)
			.jvmArguments("-Djava.io.tmpdir=" + this.directory)
			.onKubernetes()
			.arguments("--spring.datasource.url=" + this.database.getPlainUrl(), "--spring.datasource.username=" + role,
					"--spring.main.banner-mode=off");
	}

	private void migrate(int code, String saying, JavaProcess.Builder builder) {
		end(start("Job", builder), code, saying);
	}

	private void end(JavaProcess job, int code, String saying) {
		int ended = job.awaitExit(TIMEOUT);
		Line line = job.awaitLine(saying, Duration.ZERO.plusSeconds(1));
		this.timeline.add(line.at(), "Job", line.text().substring(line.text().indexOf(saying)));
		check("the Job ended with " + code + ", not " + ended, ended == code);
		this.timeline.add("Job", "exit code " + ended);
	}

	private JavaProcess start(String actor, JavaProcess.Builder builder) {
		JavaProcess process = builder.start();
		this.processes.add(process);
		this.timeline.add("start", actor + " (pid " + process.getPid() + ")");
		return process;
	}

	private static int status(int port, String path) {
		return Http.get(port, path).status();
	}

	private static void expect(String what, BooleanSupplier condition) {
		Awaitility.await(what).atMost(TIMEOUT).pollInterval(Duration.ofMillis(100)).until(condition::getAsBoolean);
	}

	private static void check(String what, boolean holds) {
		if (!holds) {
			throw new AssertionError("expected that " + what);
		}
	}

	private void clean(TestPostgres postgres) {
		this.interrupted = true;
		this.processes.forEach(JavaProcess::close);
		postgres.close();
		FileSystemUtils.deleteRecursively(this.directory.toFile());
	}

}
