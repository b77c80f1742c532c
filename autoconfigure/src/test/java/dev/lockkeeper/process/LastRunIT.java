// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.process;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.StreamSupport;

import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.Http;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What became of a run is shown by any pod that lives, when its process is long gone.
 */
@FullTier
class LastRunIT {

	private static final String PASSWORD = "only-reads";

	private static final String ONE = "me:one logicalFilePath:db\ncreate table one (id int primary key);";

	private static final String HELD = "me:held logicalFilePath:db\nselect pg_advisory_xact_lock(42);";

	private static final String BLOCKED = "me:blocked logicalFilePath:db\nalter table one add name text;";

	private static final String VALUE = "/measurements/0/value";

	private static final String LEASE = "--lockkeeper.lock.lease=5s";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@Test
	void aPodThatMayOnlySelectShowsARunThatIsKilledAndOneThatFails() throws SQLException {
		String role = this.database.getServer().createRole(PASSWORD);
		String grant = "me:grant logicalFilePath:db\ngrant select on databasechangelog to %s;".formatted(role);
		migrate(changeLog("first.sql", ONE, grant), 0);
		Path next = changeLog("next.sql", ONE, grant, HELD);
		try (JavaProcess pod = Applications.plain(next)
			.onKubernetes()
			.arguments("--spring.datasource.url=" + this.database.getPlainUrl(), "--spring.datasource.username=" + role,
					"--spring.datasource.password=" + PASSWORD, "--lockkeeper.defer.startup=serve",
					"--lockkeeper.readiness.refresh-interval=1s",
					"--management.endpoints.web.exposure.include=schema,metrics")
			.start()) {
			int port = pod.awaitPort(Applications.START);
			try (Connection blocker = this.database.open(); Statement statement = blocker.createStatement()) {
				statement.execute("SELECT pg_advisory_lock(42)");
				try (JavaProcess running = Applications.migrateOnly(next, this.database, LEASE)) {
					JsonNode run = await(port,
							(schema) -> !schema.get("run").isNull() && !schema.get("run").get("blockedBy").isEmpty())
						.get("run");
					assertThat(run.get("mode").asString()).isEqualTo("MIGRATE_ONLY");
					assertThat(run.get("changeSet").get("id").asString()).isEqualTo("held");
					running.kill();
				}
				awaitLastRun(port, "crashed");
				JsonNode crashed = await(port, (schema) -> "CRASHED".equals(status(schema)));
				assertThat(crashed.get("run").isNull()).isTrue();
				assertThat(crashed.get("lastRun").get("code").isNull()).isTrue();
			}
			migrate(next, 0);
			await(port, (schema) -> "DONE".equals(status(schema)));
			migrate(changeLog("bad.sql", ONE, grant, HELD,
					"me:bad logicalFilePath:db\ncreate table one (secret_column int);"), 70);
			awaitLastRun(port, "failed");
			assertThat(tags(port, "lockkeeper.last.run.verdict")).contains("status=[MIGRATION]", "sql.state=[42P07]",
					"change.set=[db::bad::me]");
			JsonNode failed = await(port, (schema) -> "MIGRATION".equals(status(schema)));
			assertThat(failed.get("status").asString()).isEqualTo("CURRENT");
			assertThat(failed.get("lastRun").get("message").asString()).contains("relation \"one\" already exists")
				.doesNotContain("secret_column");
			assertThat(statuses(port)).containsExactly("MIGRATION", "DONE", "CRASHED", "DONE");
			assertThat(Http.get(port, "/actuator/schema/another").status()).isEqualTo(404);
			assertThat(Http.get(port, "/actuator/schema/another/runs").status()).isEqualTo(404);
		}
		assertThat(this.database.query("SELECT status FROM lockkeeper_run ORDER BY run_number")).containsExactly("DONE",
				"CRASHED", "DONE", "MIGRATION");
	}

	@Test
	void aPodThatServesSeesForHowLongARunHoldsTheLockAndThatItDied() throws SQLException {
		Path first = changeLog("first.sql", ONE);
		migrate(first, 0);
		try (JavaProcess pod = Applications.deferring(first, this.database)
			.arguments("--lockkeeper.readiness.refresh-interval=1s",
					"--management.endpoints.web.exposure.include=metrics")
			.start(); Connection blocker = this.database.open(); Statement statement = blocker.createStatement()) {
			int port = pod.awaitPort(Applications.START);
			statement.execute("SELECT pg_advisory_lock(42)");
			try (JavaProcess running = Applications.migrateOnly(changeLog("next.sql", ONE, HELD), this.database,
					"--lockkeeper.lock.lease=15s")) {
				awaitHeld(port);
				running.kill();
			}
			awaitLastRun(port, "crashed");
		}
	}

	@Test
	void aPodThatServesSeesThatOthersAreInTheWayOfARunAndThatItDied() throws SQLException {
		Path first = changeLog("first.sql", ONE);
		migrate(first, 0);
		try (JavaProcess pod = Applications.deferring(first, this.database)
			.arguments("--lockkeeper.readiness.refresh-interval=1s",
					"--management.endpoints.web.exposure.include=schema,metrics")
			.start(); Connection blocker = this.database.open(); Statement statement = blocker.createStatement()) {
			int port = pod.awaitPort(Applications.START);
			blocker.setAutoCommit(false);
			statement.execute("SELECT * FROM one");
			try (JavaProcess running = Applications.migrateOnly(changeLog("next.sql", ONE, BLOCKED), this.database,
					LEASE, "--lockkeeper.postgresql.lock-timeout=500ms")) {
				awaitBlocked(port, 1);
				awaitBlocked(port, 2);
				assertThat(
						await(port, (schema) -> !schema.get("run").isNull()).get("run").get("lastBlocked").asString())
					.contains("db::blocked::me", "; blocked by pid ", "idle in transaction",
							"query: SELECT * FROM one");
				running.kill();
			}
			awaitLastRun(port, "crashed");
			awaitBlocked(port, 0);
			JsonNode last = await(port, (schema) -> "CRASHED".equals(status(schema))).get("lastRun");
			assertThat(last.get("timesBlocked").asInt()).isGreaterThanOrEqualTo(2);
			assertThat(last.get("lastBlocked").asString()).contains("; blocked by pid ");
		}
	}

	// No request comes meanwhile, and nothing of the history changes
	private static void awaitBlocked(int port, int times) {
		Awaitility.await("blocked " + times)
			.atMost(Applications.START)
			.until(() -> json(Http.get(port, "/actuator/metrics/lockkeeper.schema.run.blocked")).at(VALUE).asInt(),
					(blocked) -> (times == 0) ? blocked == 0 : blocked >= times);
	}

	// Nothing of the history changes meanwhile
	private static void awaitHeld(int port) {
		List<Integer> reported = new ArrayList<>();
		Awaitility.await().atMost(Applications.START).until(() -> {
			reported.add(json(Http.get(port, "/actuator/metrics/lockkeeper.schema.lock.held")).at(VALUE).asInt());
			return reported.get(reported.size() - 1) >= 4;
		});
		assertThat(reported).isSorted();
	}

	@Test
	void aRunThatIsAskedToEndRecordsThat() throws SQLException {
		try (Connection blocker = this.database.open(); Statement statement = blocker.createStatement()) {
			statement.execute("SELECT pg_advisory_lock(42)");
			try (JavaProcess running = Applications.migrateOnly(changeLog("end.sql", ONE, HELD), this.database,
					"--lockkeeper.shutdown-grace=1s")) {
				Awaitility.await("held")
					.atMost(Applications.START)
					.until(() -> this.database
						.query("SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
								+ "AND wait_event = 'advisory'"),
							(pids) -> pids.size() == 1);
				running.terminate();
				assertThat(running.awaitExit(Applications.START)).as(running::getOutput).isEqualTo(143);
			}
		}
		assertThat(
				this.database.query("SELECT concat_ws(' ', status, code, applied, change_set_id) FROM lockkeeper_run"))
			.containsExactly("TERMINATED 143 1 held");
	}

	@Test
	void aRunThatCannotBeStoppedInTimeReportsItsChangeSet() {
		Path changeLog = Applications.write(this.directory.resolve("stuck.yaml"), """
				databaseChangeLog:
				- changeSet: {id: one, author: me, changes: [{sql: {sql: select 1}}]}
				- changeSet: {id: stuck, author: me, changes: [{customChange: {class: "%s"}}]}
				""".formatted(ForgetfulTaskChange.class.getName()));
		Path verdict = this.directory.resolve("verdict");
		try (JavaProcess running = Applications.migrateOnly(changeLog, this.database,
				"--lockkeeper.shutdown-grace=500ms", "--lockkeeper.termination-message-path=" + verdict)) {
			running.awaitLine(ForgetfulTaskChange.FORGETS, Applications.START);
			running.terminate();
			Awaitility.await("verdict").atMost(Applications.START).until(() -> Files.exists(verdict));
			JsonNode reported = Awaitility.await()
				.atMost(Applications.START)
				.until(() -> JsonMapper.shared().readTree(Applications.read(verdict)), JsonNode::isObject);
			assertThat(reported.get("status").asString()).isEqualTo("TERMINATED");
			assertThat(reported.get("schema").asString()).isEqualTo("liquibase");
			assertThat(reported.get("changeSet").get("id").asString()).isEqualTo("stuck");
			assertThat(reported.get("message").asString()).contains("ended in the middle of", "stuck.yaml::stuck::me",
					" The schema is at 'one' by me, and one change set is missing.");
			assertThat(reported.get("applied").asInt()).isEqualTo(1);
			assertThat(reported.get("runId").asString()).hasSize(36);
		}
	}

	private void migrate(Path changeLog, int code) {
		try (JavaProcess migrating = Applications.migrateOnly(changeLog, this.database, LEASE)) {
			assertThat(migrating.awaitExit(Applications.START)).as(migrating::getOutput).isEqualTo(code);
		}
	}

	private static JsonNode await(int port, Predicate<JsonNode> condition) {
		return Awaitility.await()
			.atMost(Applications.START)
			.until(() -> json(Http.get(port, "/actuator/schema/liquibase")), condition);
	}

	// No request comes meanwhile: the pod refreshes by itself
	private static void awaitLastRun(int port, String how) {
		for (String each : List.of("crashed", "failed")) {
			Awaitility.await(each)
				.atMost(Applications.START)
				.until(() -> json(Http.get(port, "/actuator/metrics/lockkeeper.last.run." + each)).at(VALUE).asInt(),
						Predicate.isEqual(each.equals(how) ? 1 : 0));
		}
	}

	private static List<String> tags(int port, String meter) {
		return json(Http.get(port, "/actuator/metrics/" + meter)).get("availableTags")
			.valueStream()
			.map((tag) -> tag.get("tag").asString() + "="
					+ tag.get("values").valueStream().map(JsonNode::asString).toList())
			.toList();
	}

	private static String status(JsonNode schema) {
		JsonNode run = schema.get("lastRun");
		return run.isNull() ? "" : run.get("status").asString();
	}

	private static List<String> statuses(int port) {
		JsonNode runs = json(Http.get(port, "/actuator/schema/liquibase/runs"));
		return StreamSupport.stream(runs.get("runs").spliterator(), false)
			.map((run) -> run.get("status").asString())
			.toList();
	}

	private static JsonNode json(Http.Answer answer) {
		assertThat(answer.status()).as(answer.body()).isEqualTo(200);
		return JsonMapper.shared().readTree(answer.body());
	}

	private Path changeLog(String name, String... changeSets) {
		return Applications.changeLog(this.directory.resolve(name), changeSets);
	}

}
