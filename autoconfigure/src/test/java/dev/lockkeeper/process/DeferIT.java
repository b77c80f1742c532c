// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.process;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;

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
 * A process that defers: waits, reads with a role that may do nothing else, and serves
 * when the schema is there.
 */
class DeferIT {

	private static final String PASSWORD = "only-reads";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@Test
	@FullTier
	void aRoleThatMayOnlySelectWaitsForTableAndRightAndThenServes() {
		String role = this.database.getServer().createRole(PASSWORD);
		Path changeLog = Applications.changeLog(this.directory.resolve("defer.sql"),
				"me:one\ncreate table one (id int primary key);",
				"me:grant runAlways:true\ngrant select on databasechangelog, one to %s;".formatted(role));
		try (JavaProcess deferring = deferring(changeLog, role).start()) {
			deferring.awaitLine("lockkeeper - waiting for the schema", Applications.START);
			assertThat(deferring.getStory()).anyMatch((line) -> line
				.contains("lockkeeper - mode DEFER (platform KUBERNETES: KUBERNETES_SERVICE_HOST is set)"));
			assertThat(deferring.getOutput()).contains("2 pending: ").contains("::one::me");
			assertThat(this.database.query("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"))
				.containsExactly("0");
			try (JavaProcess migrating = Applications.migrateOnly(changeLog, this.database)) {
				assertThat(migrating.awaitExit(Applications.START)).as(migrating::getOutput).isZero();
			}
			deferring.awaitLine("lockkeeper - the schema is there", Applications.START);
			int port = deferring.awaitPort(Applications.START);
			Awaitility.await()
				.atMost(Applications.START)
				.until(() -> Http.get(port, "/actuator/health/readiness").status() == 200);
			assertThat(Http.get(port, "/actuator/schema").body()).contains("\"value\":\"DEFER\"",
					"\"status\":\"CURRENT\"", "\"applied\":2");
		}
	}

	@Test
	@FullTier
	void namesTheGrantThatIsMissingAtTheEndOfTheWait() {
		String role = this.database.getServer().createRole(PASSWORD);
		Path changeLog = Applications.changeLog(this.directory.resolve("grant.sql"), "me:one\nselect 1;");
		try (JavaProcess migrating = Applications.migrateOnly(changeLog, this.database)) {
			assertThat(migrating.awaitExit(Applications.START)).as(migrating::getOutput).isZero();
		}
		Path verdict = this.directory.resolve("verdict");
		try (JavaProcess deferring = deferring(changeLog, role)
			.arguments("--lockkeeper.defer.wait-timeout=2s", "--lockkeeper.termination-message-path=" + verdict)
			.start()) {
			assertThat(deferring.awaitLine("lockkeeper - waiting for a schema that cannot be read", Applications.START)
				.text()).contains("WARN",
						"; let the role read the history: GRANT SELECT ON public.databasechangelog TO " + role);
			assertThat(deferring.awaitExit(Applications.START)).as(deferring::getOutput).isEqualTo(77);
			assertThat(deferring.getOutput()).contains("GRANT SELECT ON public.databasechangelog TO " + role);
		}
		JsonNode reported = JsonMapper.shared().readTree(Applications.read(verdict));
		assertThat(reported.get("status").asString()).isEqualTo("PERMISSION");
		assertThat(reported.get("code").asInt()).isEqualTo(77);
		assertThat(reported.get("retryable").asBoolean()).isFalse();
		assertThat(reported.get("schema").asString()).isEqualTo("liquibase");
		assertThat(reported.get("sqlState").asString()).isEqualTo("42501");
		assertThat(reported.get("action").asString()).contains("GRANT SELECT ON public.databasechangelog TO " + role);
	}

	@Test
	@FullTier
	void aProcessThatFailsWithoutItsSchemaEndsAtOnce() {
		Path file = this.directory.resolve("fail.sql");
		Path changeLog = Applications.changeLog(file, "me:one\nselect 1;");
		String[] arguments = { "--lockkeeper.defer.startup=fail", "--lockkeeper.defer.wait-timeout=1h" };
		try (JavaProcess pending = Applications.deferring(changeLog, this.database).arguments(arguments).start()) {
			assertThat(pending.awaitExit(Applications.START)).as(pending::getOutput).isEqualTo(75);
			assertThat(pending.getOutput()).contains("startup fail (lockkeeper.defer.startup is set to fail)",
					"lacks one change set");
		}
		try (JavaProcess migrating = Applications.migrateOnly(changeLog, this.database)) {
			assertThat(migrating.awaitExit(Applications.START)).as(migrating::getOutput).isZero();
		}
		Applications.changeLog(file, "me:one\nselect 2;");
		try (JavaProcess changed = Applications.deferring(changeLog, this.database).arguments(arguments).start()) {
			assertThat(changed.awaitExit(Applications.START)).as(changed::getOutput).isEqualTo(65);
		}
	}

	@Test
	@FullTier
	void namesWhatIsPendingAndHowToMigrateAtTheEndOfTheWait() {
		Path changeLog = Applications.changeLog(this.directory.resolve("pending.sql"), "me:first\nselect 1;",
				"me:second\nselect 1;", "me:third\nselect 1;", "me:fourth\nselect 1;");
		Path verdict = this.directory.resolve("verdict");
		try (JavaProcess deferring = Applications.deferring(changeLog, this.database)
			.arguments("--lockkeeper.defer.wait-timeout=2s", "--lockkeeper.termination-message-path=" + verdict)
			.start()) {
			assertThat(deferring.awaitExit(Applications.START)).as(deferring::getOutput).isEqualTo(75);
			assertThat(deferring.getOutput()).contains("lacks 4 change sets", "::first::me", "and 1 more",
					"--migrate-only");
		}
		JsonNode reported = JsonMapper.shared().readTree(Applications.read(verdict));
		assertThat(reported.propertyNames()).containsExactly("status", "code", "retryable", "schema", "changeSet",
				"sqlState", "message", "action", "applied", "durationMs", "runId");
		assertThat(reported.get("status").asString()).isEqualTo("TEMPORARY");
		assertThat(reported.get("code").asInt()).isEqualTo(75);
		assertThat(reported.get("retryable").asBoolean()).isTrue();
		assertThat(reported.get("schema").asString()).isEqualTo("liquibase");
		assertThat(reported.get("message").asString())
			.startsWith("Schema liquibase still lacks 4 change sets after 2s: ")
			.contains("::first::me, ", "::second::me, ", "::third::me")
			.endsWith("and 1 more. No change set has been applied to the schema yet. No process seems to be migrating.")
			.doesNotContain("fourth");
		assertThat(reported.get("action").asString()).startsWith("Run the migration: start this release once with "
				+ "--migrate-only, as a Job on Kubernetes, with a role that may change the schema");
		assertThat(reported.get("applied").asInt()).isZero();
		assertThat(List.of(reported.get("changeSet"), reported.get("sqlState"), reported.get("runId")))
			.as("nothing ran here")
			.allMatch(JsonNode::isNull);
	}

	@Test
	@FullTier
	void namesTheMigratingHolderAndItsProgressAtTheEndOfTheWait() throws SQLException {
		Path changeLog = Applications.changeLog(this.directory.resolve("far.sql"), "me:one\nselect 1;",
				"me:held\nselect pg_advisory_xact_lock(42);");
		Path verdict = this.directory.resolve("verdict");
		try (Connection blocker = this.database.open(); Statement statement = blocker.createStatement()) {
			statement.execute("SELECT pg_advisory_lock(42)");
			try (JavaProcess migrating = Applications.migrateOnly(changeLog, this.database)) {
				Awaitility.await("held")
					.atMost(Applications.START)
					.until(() -> this.database
						.query("SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
								+ "AND wait_event = 'advisory'"),
							(pids) -> pids.size() == 1);
				try (JavaProcess deferring = Applications.deferring(changeLog, this.database)
					.arguments("--lockkeeper.defer.wait-timeout=3s", "--lockkeeper.termination-message-path=" + verdict)
					.start()) {
					assertThat(deferring.awaitExit(Applications.START)).as(deferring::getOutput).isEqualTo(75);
				}
				migrating.kill();
			}
		}
		assertThat(JsonMapper.shared().readTree(Applications.read(verdict)).get("message").asString())
			.contains("The schema is at 'one' by me. The lock is held by ")
			.endsWith(", at change set 2 of 2.");
	}

	@Test
	void servesAtOnceAndIsReadyWhenTheSchemaIs() {
		Path changeLog = Applications.changeLog(this.directory.resolve("serve.sql"),
				"me:one\ncreate table one (id int primary key);");
		try (JavaProcess serving = Applications.deferring(changeLog, this.database)
			.arguments("--lockkeeper.defer.startup=serve")
			.start()) {
			int port = serving.awaitPort(Applications.START);
			serving.awaitLine("Started PlainApplication", Applications.START);
			Awaitility.await().atMost(Applications.START).untilAsserted(() -> {
				assertThat(Http.get(port, "/actuator/health/readiness").status()).isEqualTo(503);
				assertThat(Http.get(port, "/actuator/health/liveness").status()).isEqualTo(200);
				assertThat(Http.get(port, "/actuator/schema").body()).contains("\"status\":\"PENDING\"", "\"total\":1");
			});
			try (JavaProcess migrating = Applications.migrateOnly(changeLog, this.database)) {
				assertThat(migrating.awaitExit(Applications.START)).as(migrating::getOutput).isZero();
			}
			Awaitility.await()
				.atMost(Duration.ofSeconds(50))
				.until(() -> Http.get(port, "/actuator/health/readiness").status() == 200);
			assertThat(Http.get(port, "/actuator/health/liveness").status()).isEqualTo(200);
			assertThat(Http.get(port, "/actuator/schema").body()).contains("\"status\":\"CURRENT\"");
		}
	}

	@Test
	@FullTier
	void endsWithinASecondOfSigtermWhileItWaits() {
		Path changeLog = Applications.changeLog(this.directory.resolve("term.sql"), "me:one\nselect 1;");
		Path verdict = this.directory.resolve("verdict");
		try (JavaProcess waiting = Applications.deferring(changeLog, this.database)
			.arguments("--lockkeeper.termination-message-path=" + verdict)
			.start()) {
			waiting.awaitLine("lockkeeper - waiting for the schema", Applications.START);
			long signalled = System.nanoTime();
			waiting.terminate();
			assertThat(waiting.awaitExit(Applications.START)).as(waiting::getOutput).isEqualTo(143);
			Duration took = Duration.ofNanos(System.nanoTime() - signalled);
			System.out.println("A deferring process ended " + took + " after SIGTERM");
			assertThat(took).isLessThan(Duration.ofSeconds(5));
		}
		JsonNode reported = JsonMapper.shared().readTree(Applications.read(verdict));
		assertThat(reported.get("status").asString()).isEqualTo("TERMINATED");
		assertThat(reported.get("schema").asString()).isEqualTo("liquibase");
		assertThat(reported.get("message").asString()).contains("Schema liquibase lacks one change set: ", "::one::me",
				"No change set has been applied to the schema yet.", "No process seems to be migrating.");
		this.database.awaitNoSessions();
	}

	private JavaProcess.Builder deferring(Path changeLog, String role) {
		return Applications.plain(changeLog)
			.onKubernetes()
			.arguments("--spring.datasource.url=" + this.database.getPlainUrl(), "--spring.datasource.username=" + role,
					"--spring.datasource.password=" + PASSWORD);
	}

}
