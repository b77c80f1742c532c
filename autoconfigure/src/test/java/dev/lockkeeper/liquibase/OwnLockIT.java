// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

import dev.lockkeeper.actuate.endpoint.SchemaEndpoint;
import dev.lockkeeper.actuate.page.PageContext;
import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.lock.InMemoryLocks;
import dev.lockkeeper.lock.MigrationLocks;
import dev.lockkeeper.mode.ModeDecision;
import dev.lockkeeper.process.Applications;
import dev.lockkeeper.schema.RunOrigin;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An application may bring locks of its own, which keep nothing in the database.
 */
class OwnLockIT {

	private static final String ONE = "me:one\ncreate table one (id int primary key);";

	private static final String HELD = "me:held\nselect pg_advisory_xact_lock(42);";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final InMemoryLocks locks = new InMemoryLocks();

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class, LiquibaseAutoConfiguration.class,
				DataSourceAutoConfiguration.class))
		.withPropertyValues("spring.application.name=harbour", "HOSTNAME=pod-7",
				"spring.datasource.url=" + this.database.getUrl())
		.withBean(MigrationLocks.class, () -> this.locks);

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void aRunUnderAnotherLockIsSeenFromBeginningToEnd(boolean withLeaseTable) throws Exception {
		if (withLeaseTable) {
			new ApplicationContextRunner()
				.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class,
						LiquibaseAutoConfiguration.class, DataSourceAutoConfiguration.class))
				.withPropertyValues("spring.datasource.url=" + this.database.getUrl(), changeLog(ONE))
				.run((context) -> assertThat(context).hasNotFailed());
		}
		try (Connection blocker = this.database.open(); Statement statement = blocker.createStatement()) {
			statement.execute("SELECT pg_advisory_lock(42)");
			CompletableFuture<Void> run = CompletableFuture
				.runAsync(() -> this.runner.withPropertyValues(changeLog(ONE, HELD))
					.run((context) -> assertThat(context).hasNotFailed()));
			this.runner
				.withPropertyValues(changeLog(ONE, HELD), "lockkeeper.mode=defer", "lockkeeper.defer.startup=serve")
				.run((context) -> {
					JsonNode seen = Awaitility.await("in progress")
						.atMost(Applications.START)
						.until(() -> schema(context), (schema) -> !schema.get("run").isNull()
								&& "held".equals(schema.at("/run/changeSet/id").asString()));
					assertThat(seen.get("lock").get("holder").asString()).startsWith("in memory/");
					assertThat(seen.at("/run/fenced").asBoolean(true)).isFalse();
					assertThat(this.database.query("SELECT holder FROM lockkeeper_run WHERE status IS NULL"))
						.containsExactly(seen.get("lock").get("holder").asString());
					statement.execute("SELECT pg_advisory_unlock(42)");
					run.join();
					JsonNode after = schema(context);
					assertThat(after.get("run").isNull()).isTrue();
					assertThat(after.get("lock").isNull()).isTrue();
					assertThat(after.at("/lastRun/status").asString()).isEqualTo("DONE");
					assertThat(after.at("/lastRun/fenced").asBoolean(true)).isFalse();
					assertThat(after.at("/lastRun/holder").asString())
						.isEqualTo(seen.get("lock").get("holder").asString());
				});
		}
		assertThat(this.database.query("SELECT status || ' ' || fenced FROM lockkeeper_run ORDER BY run_number"))
			.containsExactlyElementsOf(withLeaseTable ? List.of("DONE true", "DONE false") : List.of("DONE false"));
		assertThat(this.database.query("SELECT relname FROM pg_class WHERE relname = 'lockkeeper_lock'"))
			.hasSize(withLeaseTable ? 1 : 0);
	}

	@Test
	@ExtendWith(OutputCaptureExtension.class)
	void aRunUnderAnUnfencedLockIsReportedOnceAndEndsWhenItLosesItsConnection(CapturedOutput output) throws Exception {
		try (Connection blocker = this.database.open(); Statement statement = blocker.createStatement()) {
			statement.execute("SELECT pg_advisory_lock(42)");
			CompletableFuture<Void> run = CompletableFuture.runAsync(
					() -> this.runner.withPropertyValues(changeLog(ONE, HELD))
						.run((context) -> assertThat(LockkeeperException.findIn(context.getStartupFailure()))
							.isNotNull()
							.satisfies((failure) -> assertThat(failure.getStatus()).isEqualTo(ExitStatus.TEMPORARY))));
			Awaitility.await("the session of the run is ended")
				.atMost(Applications.START)
				.until(() -> this.database
					.query("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' "
							+ "AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"),
						(ended) -> ended.equals(List.of("t")));
			run.join();
		}
		assertThat(output.getOut().lines().filter((line) -> line.contains("lockkeeper - the lock is not fenced")))
			.singleElement()
			.asString()
			.contains("WARN", "schema liquibase, holder in memory/");
		assertThat(output.getOut()).doesNotContain("goes on within");
		assertThat(this.database.query("SELECT status || ' ' || code FROM lockkeeper_run"))
			.containsExactly("TEMPORARY 75");
		assertThat(this.database.query("SELECT id FROM databasechangelog")).containsExactly("one");
	}

	@Test
	@ExtendWith(OutputCaptureExtension.class)
	void aLeaseThatIsTakenAwayEndsTheRunWithTheReason(CapturedOutput output) throws Exception {
		try (Connection blocker = this.database.open(); Statement statement = blocker.createStatement()) {
			statement.execute("SELECT pg_advisory_lock(42)");
			CompletableFuture<Void> run = CompletableFuture.runAsync(
					() -> this.runner.withPropertyValues(changeLog(ONE, HELD))
						.run((context) -> assertThat(LockkeeperException.findIn(context.getStartupFailure()))
							.isNotNull()
							.satisfies((failure) -> assertThat(failure.getStatus()).isEqualTo(ExitStatus.TEMPORARY))));
			Awaitility.await("held")
				.atMost(Applications.START)
				.until(() -> this.database.query("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted "
						+ "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"),
						(waiting) -> waiting.equals(List.of("1")));
			this.locks.takeAway("public.databasechangeloglock");
			run.join();
		}
		assertThat(output.getOut()).contains("lockkeeper - lease lost (it was taken away; holder in memory/");
		assertThat(this.database.query("SELECT id FROM databasechangelog")).containsExactly("one");
	}

	private static JsonNode schema(AssertableApplicationContext context) {
		context.getBean(SchemaGate.class).inspect(Duration.ofSeconds(-1));
		return JsonMapper.shared()
			.valueToTree(Objects.requireNonNull(
					new SchemaEndpoint(context.getBean(SchemaGate.class), context.getBean(ModeDecision.class),
							PageContext.of(context.getBean(RunOrigin.class), "schema", null))
						.schema("liquibase")));
	}

	private String changeLog(String... changeSets) {
		return "spring.liquibase.change-log=file:"
				+ Applications.changeLog(this.directory.resolve("own.sql"), changeSets);
	}

}
