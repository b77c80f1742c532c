// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

import javax.sql.DataSource;

import dev.lockkeeper.actuate.page.PageContext;
import dev.lockkeeper.actuate.endpoint.SchemaEndpoint;
import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.mode.ModeDecision;
import dev.lockkeeper.process.Applications;
import dev.lockkeeper.schema.RunOrigin;
import dev.lockkeeper.schema.SchemaInspection;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import liquibase.integration.spring.SpringLiquibase;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.info.ProjectInfoAutoConfiguration;
import org.springframework.boot.info.BuildProperties;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.jdbc.datasource.AbstractDataSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The ledger has the outcome of each run, and the endpoint the progress of the one that
 * is under way.
 */
@ExtendWith(OutputCaptureExtension.class)
class RunLedgerIT {

	private static final String PASSWORD = "only-reads";

	private static final String ONE = "me:one\ncreate table one (id int primary key);";

	private static final String TWO = "me:two\nalter table one add name text;";

	private static final String WAITS = "lockkeeper.postgresql.lock-timeout=0";

	private static final Duration NEVER_OLD = Duration.ofHours(1);

	private static final Duration ALWAYS_OLD = Duration.ofSeconds(-1);

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class, LiquibaseAutoConfiguration.class,
				DataSourceAutoConfiguration.class))
		.withPropertyValues("spring.application.name=harbour", "HOSTNAME=pod-7");

	private final ApplicationContextRunner migrating = this.runner
		.withPropertyValues("spring.datasource.url=" + this.database.getUrl());

	@Test
	void aRunIsOneRowWithItsOutcome() {
		Properties build = new Properties();
		build.setProperty("version", "1.2.3");
		this.migrating.withBean(BuildProperties.class, () -> new BuildProperties(build))
			.withPropertyValues(changeLog("one.sql", ONE, TWO))
			.run((context) -> {
				assertThat(context).hasNotFailed();
				JsonNode run = lastRun(context);
				assertThat(run.get("status").asString()).isEqualTo("DONE");
				assertThat(run.get("code").asInt()).isZero();
				assertThat(run.get("mode").asString()).isEqualTo("SELF");
				assertThat(run.get("application").asString()).isEqualTo("harbour");
				assertThat(run.get("version").asString()).isEqualTo("1.2.3");
				assertThat(run.get("host").asString()).isEqualTo("pod-7");
				assertThat(run.get("holder").asString()).startsWith("harbour pod-7/");
				assertThat(run.get("from").isNull()).isTrue();
				assertThat(run.get("to").asString()).endsWith("::two::me");
				assertThat(run.get("applied").asInt()).isEqualTo(2);
				assertThat(run.get("changeSet").isNull()).isTrue();
				assertThat(run.get("durationMs").asLong()).isPositive();
			});
		assertThat(this.database.query(
				"SELECT concat_ws(' ', run_number, schema_name, pending, finished_at >= started_at) FROM lockkeeper_run"))
			.containsExactly("1 liquibase 2 t");
	}

	@Test
	void everyColumnHasItsValueOfTheRun(CapturedOutput output) throws Exception {
		String one = "me:one logicalFilePath:harbour.sql\ncreate table one (id int primary key);";
		String held = "me:held logicalFilePath:harbour.sql\nselect pg_advisory_xact_lock(42);";
		String two = "me:two logicalFilePath:harbour.sql\nalter table one add name text;";
		String again = "me:again logicalFilePath:harbour.sql\ncreate table one (id int);";
		release("1.0.0", "first.sql", one).run((context) -> assertThat(context).hasNotFailed());
		Duration gated = Duration.ofSeconds(2);
		Instant requested;
		Instant over;
		try (Connection gate = this.database.open(); Statement statement = gate.createStatement()) {
			statement.execute("SELECT pg_advisory_lock(42)");
			CompletableFuture<Void> holder = start(release("1.1.0", "second.sql", one, held));
			Awaitility.await("held").atMost(Applications.START).until(this::isHeld);
			assertThat(this.database.query("SELECT r.version FROM lockkeeper_run r JOIN lockkeeper_lock l "
					+ "ON l.locked_by = r.holder WHERE r.status IS NULL"))
				.containsExactly("1.1.0");
			requested = Instant.now();
			CompletableFuture<Void> waiting = start(release("2.0.0", "third.sql", one, held, two));
			Awaitility.await("waits")
				.atMost(Applications.START)
				.until(() -> output.getOut()
					.contains("lockkeeper - waiting for the lock (schema liquibase, 2 pending"));
			Instant waits = Instant.now();
			Awaitility.await("has waited")
				.atMost(Applications.START)
				.until(() -> Duration.between(waits, Instant.now()).compareTo(gated) > 0);
			assertThat(rows()).as("a waiting run has no row").containsExactly("DONE 0 1", "");
			statement.execute("SELECT pg_advisory_unlock(42)");
			holder.join();
			waiting.join();
			over = Instant.now();
		}
		release("2.1.0", "fourth.sql", one, held, two, again).run((context) -> assertThat(context).hasFailed());
		List<JsonNode> runs = this.database.query("SELECT row_to_json(r) FROM lockkeeper_run r ORDER BY run_number")
			.stream()
			.map((row) -> JsonMapper.shared().readTree(row))
			.toList();
		assertThat(runs)
			.extracting((run) -> run.get("version").asString() + ": " + text(run, "from_version") + " to "
					+ text(run, "to_version"))
			.containsExactly("1.0.0: null to harbour.sql::one::me",
					"1.1.0: harbour.sql::one::me to harbour.sql::held::me",
					"2.0.0: harbour.sql::held::me to harbour.sql::two::me",
					"2.1.0: harbour.sql::two::me to harbour.sql::two::me");
		JsonNode upgrade = runs.get(2);
		long lockWait = upgrade.get("lock_wait_ms").asLong();
		Instant started = time(upgrade, "started_at");
		Instant finished = time(upgrade, "finished_at");
		assertThat(lockWait).isBetween(gated.toMillis(), Duration.between(requested, over).toMillis());
		assertThat(started).isBetween(requested.plusMillis(lockWait), finished);
		assertThat(finished).isBetween(started, over);
		assertThat(upgrade.get("code_level").asString()).isNotBlank()
			.isNotEqualTo(runs.get(1).get("code_level").asString());
		assertThat(output.getOut()).contains("migrating (schema liquibase, 1 pending: harbour.sql::two::me; run %s)"
			.formatted(text(upgrade, "run_id")));
		assertThat(text(upgrade, "holder")).startsWith("harbour pod-7/").hasSize("harbour pod-7/".length() + 36);
		assertThat(fields(upgrade)).containsExactlyInAnyOrderEntriesOf(Map.ofEntries(
				Map.entry("run_id", text(upgrade, "run_id")), Map.entry("run_number", "3"),
				Map.entry("history", "public.databasechangelog"),
				Map.entry("lock_name", "public.databasechangeloglock"), Map.entry("schema_name", "liquibase"),
				Map.entry("run_mode", "SELF"), Map.entry("application", "harbour"), Map.entry("version", "2.0.0"),
				Map.entry("host", "pod-7"), Map.entry("holder", text(upgrade, "holder")),
				Map.entry("code_level", text(upgrade, "code_level")), Map.entry("pending", "1"),
				Map.entry("history_rows", "2"), Map.entry("from_version", "harbour.sql::held::me"),
				Map.entry("to_version", "harbour.sql::two::me"), Map.entry("applied", "1"), Map.entry("status", "DONE"),
				Map.entry("code", "0"), Map.entry("change_set_id", "null"), Map.entry("change_set_author", "null"),
				Map.entry("change_set_file", "null"), Map.entry("sql_state", "null"), Map.entry("message", "null"),
				Map.entry("lock_wait_ms", "" + lockWait), Map.entry("started_at", text(upgrade, "started_at")),
				Map.entry("finished_at", text(upgrade, "finished_at")), Map.entry("fenced", "true"),
				Map.entry("times_blocked", "null"), Map.entry("last_blocked", "null")));
		assertThat(fields(runs.get(3)))
			.containsAllEntriesOf(Map.of("status", "MIGRATION", "code", "70", "applied", "0", "change_set_id", "again",
					"change_set_author", "me", "change_set_file", "harbour.sql", "sql_state", "42P07", "message",
					"Change set harbour.sql::again::me failed: ERROR: relation \"one\" already exists"));
	}

	@Test
	void aBlockedRunShowsItBetweenTwoAttemptsAndAfterItsEnd(CapturedOutput output) throws Exception {
		this.migrating.withPropertyValues(changeLog("often.sql", ONE))
			.run((context) -> assertThat(context).hasNotFailed());
		String next = changeLog("often.sql", ONE, TWO);
		try (Connection blocker = this.database.open(); Statement statement = blocker.createStatement()) {
			blocker.setAutoCommit(false);
			statement.execute("SET application_name = 'forgotten'");
			statement.execute("SELECT id FROM one WHERE id = 4711");
			CompletableFuture<Void> run = start(this.migrating.withPropertyValues(next,
					"lockkeeper.postgresql.lock-timeout=500ms", "lockkeeper.postgresql.lock-retry.max-attempts=1000"));
			this.migrating.withPropertyValues(next, "lockkeeper.mode=defer", "lockkeeper.defer.startup=serve")
				.run((context) -> {
					JsonNode between = Awaitility.await("two attempts are over, and the next has not begun")
						.atMost(Applications.START)
						.until(() -> schema(context).get("run"), (seen) -> !seen.isNull()
								&& seen.get("timesBlocked").asInt() >= 2 && seen.get("since").isNull());
					assertThat(between.get("blockedBy").isEmpty()).isTrue();
					assertThat(between.get("lastBlocked").asString())
						.matches("Attempt \\d+ of change set .*::two::me at "
								+ ".*Z: it did not get a lock on a table within 500ms; blocked by pid \\d+, .*")
						.contains("application forgotten, idle in transaction, in a transaction for ",
								"query: SELECT id FROM one WHERE id = ?")
						.doesNotContain("4711");
					blocker.rollback();
					run.join();
					JsonNode after = lastRun(context);
					assertThat(after.get("status").asString()).isEqualTo("DONE");
					assertThat(after.get("timesBlocked").asInt()).isGreaterThanOrEqualTo(2);
					assertThat(after.get("lastBlocked").asString()).contains("application forgotten");
				});
		}
		assertThat(this.database.query("SELECT concat_ws(' ', status, times_blocked >= 2, last_blocked LIKE "
				+ "'Attempt % of change set %') FROM lockkeeper_run ORDER BY run_number"))
			.containsExactly("DONE", "DONE t t");
		assertThat(blockedLines(output.getOut())).contains(documented());
	}

	private static String documented() throws IOException {
		return blockedLines(Files.readString(Path.of("..", "docs", "operate", "locks.md"))).get(0);
	}

	private static List<String> blockedLines(String text) {
		return text.lines().filter((line) -> line.contains(" was blocked (")).map(RunLedgerIT::withoutFacts).toList();
	}

	private static String withoutFacts(String line) {
		return line.substring(line.indexOf("lockkeeper - "))
			.replaceAll("change set \\S+", "change set …")
			.replaceAll("(pid|login|application|attempt|of) \\w+", "$1 …")
			.replaceAll("\\b\\d+(ms|s|m)(\\d+s)?\\b", "…")
			.replaceAll("query: [^;]+;", "query: …;");
	}

	@Test
	void aRunThatFindsNothingToDoWritesNothingAndCostsNothingMore() {
		CountingDataSource dataSource = new CountingDataSource(this.database.getUrl());
		ApplicationContextRunner counted = this.runner.withBean(DataSource.class, () -> dataSource)
			.withPropertyValues(changeLog("nothing.sql", ONE));
		counted.run((context) -> assertThat(context).hasNotFailed());
		dataSource.opened.set(0);
		counted.run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(dataSource.opened).hasValue(1);
		});
		assertThat(rows()).containsExactly("DONE 0 1");
	}

	@Test
	void readersOfTheHistoryMayReadTheTablesOfTheMigrator() {
		String role = this.database.getServer().createRole(PASSWORD);
		this.migrating
			.withPropertyValues(
					changeLog("grant.sql", ONE, "me:grant\ngrant select on databasechangelog to %s;".formatted(role)))
			.run((context) -> assertThat(context).hasNotFailed());
		for (String table : List.of("lockkeeper_lock", "lockkeeper_run", "lockkeeper_script")) {
			assertThat(this.database.query("SELECT has_table_privilege('%s', '%s', 'SELECT')".formatted(role, table)))
				.as(table)
				.containsExactly("t");
			assertThat(this.database.query("SELECT has_table_privilege('%s', '%s', 'UPDATE')".formatted(role, table)))
				.as(table)
				.containsExactly("f");
		}
	}

	@Test
	void anInspectionHasOneConnectionAndNoneWhileTheLastAnswerIsFresh() {
		CountingDataSource dataSource = new CountingDataSource(this.database.getUrl());
		this.runner.withBean(DataSource.class, () -> dataSource)
			.withPropertyValues(changeLog("counted.sql", ONE))
			.run((context) -> {
				SchemaGate gate = context.getBean(SchemaGate.class);
				dataSource.opened.set(0);
				SchemaInspection inspection = Objects.requireNonNull(gate.inspect("liquibase", ALWAYS_OLD));
				assertThat(dataSource.opened).hasValue(1);
				assertThat(inspection.runs()).hasSize(1);
				gate.inspect(NEVER_OLD);
				gate.inspect("liquibase", NEVER_OLD);
				assertThat(dataSource.opened).hasValue(1);
			});
	}

	@Test
	void aCallHasOneConnectionForAllSchemasOfADatabase() {
		CountingDataSource dataSource = new CountingDataSource(this.database.getUrl());
		this.migrating.withUserConfiguration(TwoBeans.class)
			.withBean(DataSource.class, () -> dataSource)
			.withPropertyValues("first=" + location("first.sql", ONE),
					"second=" + location("second.sql", "me:other\ncreate table other (id int);", TWO))
			.run((context) -> {
				SchemaGate gate = context.getBean(SchemaGate.class);
				dataSource.opened.set(0);
				assertThat(gate.inspect(ALWAYS_OLD)).hasSize(2)
					.allSatisfy((name, inspection) -> assertThat(inspection.state().status())
						.isEqualTo(SchemaStatus.CURRENT))
					.allSatisfy((name, inspection) -> assertThat(inspection.runs()).hasSize(1));
				assertThat(dataSource.opened).hasValue(1);
				assertThat(gate.inspect(NEVER_OLD)).hasSize(2);
				assertThat(dataSource.opened).hasValue(1);
				gate.refresh();
				assertThat(dataSource.opened).hasValue(2);
			});
	}

	@Test
	void aFailedRunHasItsReasonWithoutSql() {
		this.migrating
			.withPropertyValues(changeLog("failed.sql", ONE, "me:again\ncreate table one (secret_column int);"))
			.run((context) -> assertThat(context).hasFailed());
		assertThat(rows()).containsExactly("MIGRATION 70 1");
		assertThat(this.database
			.query("SELECT concat_ws(' ', change_set_id, change_set_author, sql_state, to_version LIKE "
					+ "'%::one::me') FROM lockkeeper_run"))
			.containsExactly("again me 42P07 t");
		assertThat(this.database.query("SELECT message FROM lockkeeper_run").get(0))
			.contains("relation \"one\" already exists")
			.doesNotContain("secret_column", "The schema is at");
		this.migrating.withPropertyValues(changeLog("failed.sql", ONE), "lockkeeper.mode=defer").run((context) -> {
			JsonNode run = lastRun(context);
			assertThat(run.get("status").asString()).isEqualTo("MIGRATION");
			assertThat(run.get("sqlState").asString()).isEqualTo("42P07");
			assertThat(run.get("changeSet").get("id").asString()).isEqualTo("again");
		});
	}

	// A parser shows where it stopped
	@ParameterizedTest
	@ValueSource(strings = {
			"- changeSet: {id: one, author: me, changes: [sql: create user app password 'hunter2'\", x: [}",
			"- changeSet:\n    id: one\n    author: me\n    changes:\n    - sql: \"create user app password 'hunter2' \\q\"",
			"- changeSet:\n  id: one\n   sql: alter role app password 'hunter2'" })
	void anUnreadableChangelogIsReportedWithoutItsContent(String changeSet) throws IOException {
		Path changeLog = Files.writeString(this.directory.resolve("broken.yaml"), "databaseChangeLog:\n" + changeSet);
		this.migrating
			.withPropertyValues("spring.liquibase.change-log=file:" + changeLog, "lockkeeper.mode=defer",
					"lockkeeper.defer.startup=serve")
			.run((context) -> assertThat(
					schema(context).get("problem").asString().replace(changeLog.toString(), "broken.yaml"))
				.contains("broken.yaml", "line ")
				.doesNotContain("hunter2", "user", "role"));
	}

	@Test
	void aFailedRunShowsNoValue() {
		this.migrating.withPropertyValues(changeLog("value.sql", ONE, "me:value\nselect 'hunter2'::int;"))
			.run((context) -> assertThat(context).hasFailed());
		assertThat(rows()).containsExactly("MIGRATION 70 1");
		assertThat(this.database.query("SELECT message FROM lockkeeper_run").get(0))
			.contains("invalid input syntax for type integer")
			.doesNotContain("hunter2");
	}

	@Test
	void aPreconditionThatCannotBeEvaluatedShowsNoValue() {
		this.migrating
			.withPropertyValues(changeLog("precondition.sql", ONE,
					"me:asks\n--preconditions onError:HALT\n"
							+ "--precondition-sql-check expectedResult:1 select 'hunter2'::int\nselect 1;"))
			.run((context) -> assertThat(LockkeeperException.findIn(context.getStartupFailure()))
				.hasMessageContaining("hunter2"));
		assertThat(rows()).containsExactly("CHANGELOG 65 1");
		assertThat(this.database.query("SELECT message FROM lockkeeper_run").get(0))
			.contains("invalid input syntax for type integer")
			.doesNotContain("hunter2");
	}

	@Test
	@FullTier
	void aRoleThatMayOnlySelectSeesTheRunInProgressAndItsBlocker() throws Exception {
		String role = this.database.getServer().createRole(PASSWORD);
		String grant = "me:grant\ngrant select on databasechangelog to %s;".formatted(role);
		this.migrating.withPropertyValues(changeLog("blocked.sql", ONE, grant))
			.run((context) -> assertThat(context).hasNotFailed());
		String next = changeLog("blocked.sql", ONE, grant, "me:before\nselect 1;", TWO, "me:after\nselect 1;");
		try (Connection blocker = this.database.open(); Statement statement = blocker.createStatement()) {
			blocker.setAutoCommit(false);
			statement.execute("SET application_name = 'blocker'");
			statement.execute("LOCK TABLE one IN ACCESS EXCLUSIVE MODE");
			CompletableFuture<Void> run = start(this.migrating.withPropertyValues(next, WAITS));
			this.migrating.withPropertyValues(next, "lockkeeper.mode=defer", "lockkeeper.defer.startup=serve")
				// What it executes is read a moment before what it waits for
				.run((context) -> Awaitility.await("the statement that waits")
					.atMost(Applications.START)
					.untilAsserted(() -> {
						JsonNode seen = awaitBlocked(context);
						assertThat(seen.get("statement").asString()).isEqualTo("ALTER TABLE");
						assertThat(seen.get("since").isNull()).isFalse();
						assertThat(seen.get("progress").isNull()).isTrue();
						JsonNode by = seen.get("blockedBy").get(0);
						assertThat(by.get("state").asString()).isEqualTo("idle in transaction");
						assertThat(by.get("since").isNull()).isFalse();
						assertThat(seen.toString()).doesNotContain("add name");
					}));
			assertInspectionsHaveOneConnection(reading(role).withPropertyValues(next), role);
			reading(role).withPropertyValues(next).run((context) -> {
				JsonNode seen = awaitBlocked(context);
				assertThat(seen.get("mode").asString()).isEqualTo("SELF");
				assertThat(seen.get("application").asString()).isEqualTo("harbour");
				assertThat(seen.get("changeSet").get("id").asString()).isEqualTo("two");
				assertThat(seen.get("number").asInt()).isEqualTo(2);
				assertThat(seen.get("of").asInt()).isEqualTo(3);
				assertThat(seen.get("since").isNull()).isTrue();
				assertThat(seen.get("statement").isNull()).isTrue();
				JsonNode by = seen.get("blockedBy").get(0);
				assertThat(by.get("application").asString()).isEqualTo("blocker");
				assertThat(by.get("state").isNull()).isTrue();
				assertThat(schema(context).get("lastRun").get("applied").asInt()).isEqualTo(2);
				blocker.rollback();
				run.join();
				JsonNode after = schema(context);
				assertThat(after.get("run").isNull()).isTrue();
				assertThat(after.get("lastRun").get("applied").asInt()).isEqualTo(3);
				assertThat(runs(context).get("runs").size()).isEqualTo(2);
			});
			reading(role).withPropertyValues(changeLog("older.sql", ONE, grant))
				.run((context) -> assertThat(schema(context).get("lastRun").get("to").asString())
					.endsWith("::after::me"));
		}
	}

	private void assertInspectionsHaveOneConnection(ApplicationContextRunner blocked, String role) {
		CountingDataSource dataSource = new CountingDataSource(
				"%s?user=%s&password=%s".formatted(this.database.getPlainUrl(), role, PASSWORD));
		blocked.withBean(DataSource.class, () -> dataSource)
			.withPropertyValues("lockkeeper.wait.max-interval=1h", "lockkeeper.readiness.refresh-interval=1h")
			.run((context) -> {
				SchemaGate gate = context.getBean(SchemaGate.class);
				Awaitility.await("the background has inspected")
					.atMost(Applications.START)
					.until(() -> Objects.requireNonNull(gate.getKnown("liquibase"))
						.state()
						.status() == SchemaStatus.PENDING);
				for (int i = 0; i < 3; i++) {
					dataSource.opened.set(0);
					SchemaInspection inspection = Objects.requireNonNull(gate.inspect("liquibase", ALWAYS_OLD));
					assertThat(inspection.run()).isNotNull()
						.satisfies((run) -> assertThat(run.activity().blockedBy()).isNotEmpty());
					assertThat(dataSource.opened).hasValue(1);
					endpoint(context).schemas();
					assertThat(runs(context).get("runs").size()).isOne();
					assertThat(dataSource.opened).as("while the last answer is fresh").hasValue(1);
				}
			});
	}

	@Test
	@FullTier
	void aWaitForAnUngovernedLiquibaseReportsItsHolderAndForHowLong() throws Exception {
		String first = changeLog("foreign.sql", ONE);
		this.migrating.withPropertyValues(first).run((context) -> assertThat(context).hasNotFailed());
		this.database.execute(
				"UPDATE databasechangeloglock SET locked = true, lockedby = 'elsewhere (10.9.8.7)', lockgranted = now()");
		String next = changeLog("foreign.sql", ONE, TWO);
		CompletableFuture<Void> run = CompletableFuture.runAsync(
				() -> this.migrating.withPropertyValues(next).run((context) -> assertThat(context).hasNotFailed()));
		this.migrating.withPropertyValues(next, "lockkeeper.mode=defer", "lockkeeper.defer.startup=serve")
			.run((context) -> {
				try {
					Awaitility.await("a run that waits")
						.atMost(Applications.START)
						.until(() -> !schema(context).get("run").isNull());
					assertThat(schema(context).get("lock").get("holder").asString()).isEqualTo("elsewhere (10.9.8.7)");
					Awaitility.await("a wait of two seconds")
						.atMost(Applications.START)
						.until(() -> this.database
							.query("SELECT timezone('utc', now()) - started_at > interval '2 s' FROM lockkeeper_run "
									+ "WHERE status IS NULL")
							.contains("t"));
				}
				finally {
					this.database.execute("UPDATE databasechangeloglock SET locked = false, lockedby = NULL");
				}
				run.join();
				JsonNode last = lastRun(context);
				assertThat(last.get("lockWaitMs").asLong()).isBetween(2000L, last.get("durationMs").asLong() + 5000);
				assertThat(schema(context).get("lock").isNull()).isTrue();
			});
	}

	// What runs again runs at its place in the changelog
	@Test
	void aChangeSetThatRunsAgainIsNamedWhileItRuns() throws Exception {
		String view = "me:view runOnChange:true\ncreate or replace view quick as select id from one%s;";
		this.migrating.withPropertyValues(changeLog("again.sql", ONE, view.formatted("")))
			.run((context) -> assertThat(context).hasNotFailed());
		String next = changeLog("again.sql", ONE, view.formatted(" where id > 0"), TWO);
		try (Connection blocker = this.database.open(); Statement statement = blocker.createStatement()) {
			blocker.setAutoCommit(false);
			statement.execute("LOCK TABLE quick IN ACCESS EXCLUSIVE MODE");
			CompletableFuture<Void> run = start(this.migrating.withPropertyValues(next, WAITS));
			this.migrating.withPropertyValues(next, "lockkeeper.mode=defer", "lockkeeper.defer.startup=serve")
				.run((context) -> {
					JsonNode seen = awaitBlocked(context);
					assertThat(seen.get("changeSet").get("id").asString()).isEqualTo("view");
					assertThat(seen.get("number").asInt()).isOne();
					assertThat(seen.get("of").asInt()).isEqualTo(2);
					blocker.rollback();
					run.join();
				});
		}
	}

	@Test
	void aConnectionLostBetweenTwoInspectionsSaysNothingOfTheDatabase() {
		this.migrating.withUserConfiguration(TwoBeans.class)
			.withPropertyValues("first=" + location("first.sql", ONE),
					"second=" + location("second.sql", "me:other\ncreate table other (id int);"))
			.run((context) -> {
				SchemaGate gate = context.getBean(SchemaGate.class);
				AtomicInteger ended = new AtomicInteger();
				gate.listen("firstLiquibase", (inspection) -> ended.addAndGet(this.database
					.query("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE "
							+ "application_name LIKE 'lockkeeper%' AND datname = current_database()")
					.size()));
				ended.set(0);
				assertThat(gate.inspect(ALWAYS_OLD)).hasSize(2)
					.allSatisfy((name, inspection) -> assertThat(inspection.state().status())
						.isEqualTo(SchemaStatus.CURRENT));
				assertThat(ended).hasPositiveValue();
			});
	}

	@Test
	void theBuildOfAnIndexShowsItsProgress() throws Exception {
		this.database.execute(
				"CREATE TABLE big AS SELECT i AS id, repeat('x', 500) AS filler FROM generate_series(1, 4000) i", """
						CREATE FUNCTION slow(i int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
						BEGIN
							IF i = 2000 THEN PERFORM pg_advisory_xact_lock(42); END IF;
							RETURN i;
						END $$""");
		String changeLog = changeLog("index.sql", "me:index\ncreate index slow_index on big (slow(id));");
		try (Connection blocker = this.database.open(); Statement statement = blocker.createStatement()) {
			statement.execute("SELECT pg_advisory_lock(42)");
			CompletableFuture<Void> run = CompletableFuture.runAsync(() -> this.migrating.withPropertyValues(changeLog)
				.run((context) -> assertThat(context).hasNotFailed()));
			this.migrating.withPropertyValues(changeLog, "lockkeeper.mode=defer", "lockkeeper.defer.startup=serve")
				.run((context) -> {
					// Something else may have kept it waiting for a moment before
					Awaitility.await("half of it").atMost(Applications.START).untilAsserted(() -> {
						JsonNode seen = awaitBlocked(context);
						assertThat(seen.get("statement").asString()).isEqualTo("CREATE INDEX");
						assertThat(seen.get("progress").asDouble()).isBetween(0.3, 0.7);
					});
				});
			statement.execute("SELECT pg_advisory_unlock(42)");
			run.join();
		}
	}

	@Test
	@FullTier
	void aRunThatIsStoppedIsOneRowAndNamesWhatWasUnderWay() throws Exception {
		try (Connection blocker = this.database.open(); Statement statement = blocker.createStatement()) {
			statement.execute("SELECT pg_advisory_lock(42)");
			this.migrating
				.withPropertyValues(changeLog("stopped.sql", ONE, "me:held\nselect pg_advisory_xact_lock(42);"),
						"lockkeeper.max-duration=15s", "lockkeeper.shutdown-grace=0s")
				.run((context) -> assertThat(context).hasFailed());
		}
		assertThat(rows()).containsExactly("TEMPORARY 75 1");
		assertThat(this.database.query("SELECT change_set_id FROM lockkeeper_run")).containsExactly("held");
	}

	@Test
	void aRunThatLosesItsConnectionIsOneRow() throws Exception {
		String changeLog = changeLog("lost.sql", ONE, "me:held\nselect pg_advisory_xact_lock(42);", TWO);
		try (Connection blocker = this.database.open(); Statement statement = blocker.createStatement()) {
			statement.execute("SELECT pg_advisory_lock(42)");
			CompletableFuture<Void> run = CompletableFuture.runAsync(() -> this.migrating.withPropertyValues(changeLog)
				.run((context) -> assertThat(context).hasNotFailed()));
			Awaitility.await()
				.atMost(Applications.START)
				.until(() -> this.database
					.query("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' "
							+ "AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"),
						(ended) -> ended.equals(List.of("t")));
			statement.execute("SELECT pg_advisory_unlock(42)");
			run.join();
		}
		assertThat(rows()).containsExactly("DONE 0 3");
	}

	@Test
	@FullTier
	void aRunThatDropsEverythingFirstIsInTheLedger() {
		this.migrating.withPropertyValues(changeLog("first.sql", ONE, TWO))
			.run((context) -> assertThat(context).hasNotFailed());
		this.migrating
			.withPropertyValues("spring.liquibase.drop-first=true",
					changeLog("dropping.sql", ONE,
							"me:open\ncreate table seen as select status from lockkeeper_run where status is null;"))
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(rows()).containsExactly("DONE 0 2");
		assertThat(this.database.query("SELECT count(*) FROM seen")).containsExactly("1");
		this.migrating
			.withPropertyValues("spring.liquibase.drop-first=true",
					changeLog("dropping.sql", "me:bad\nselect nothing;"))
			.run((context) -> assertThat(LockkeeperException.findIn(context.getStartupFailure()))
				.hasMessageContaining("::bad::me failed: ")
				.hasMessageNotContaining("The schema is at"));
	}

	@Test
	@FullTier
	void onlySoManyRunsAreKeptOfEachHistory() {
		String third = "me:three\nalter table one add third text;";
		for (List<String> changeSets : List.of(List.of(ONE), List.of(ONE, TWO), List.of(ONE, TWO, third))) {
			this.migrating
				.withPropertyValues("lockkeeper.history.max-runs=2",
						changeLog("kept.sql", changeSets.toArray(String[]::new)))
				.run((context) -> assertThat(context).hasNotFailed());
		}
		assertThat(this.database.query("SELECT run_number FROM lockkeeper_run ORDER BY 1")).containsExactly("2", "3");
	}

	@Test
	void beansWithHistoriesOfTheirOwnHaveRunsOfTheirOwn() {
		this.migrating.withUserConfiguration(TwoBeans.class)
			.withPropertyValues("first=" + location("first.sql", ONE),
					"second=" + location("second.sql", "me:other\ncreate table other (id int);", TWO))
			.run((context) -> {
				assertThat(context).hasNotFailed();
				JsonNode schemas = json(endpoint(context).schemas()).get("schemas");
				assertThat(schemas.get("firstLiquibase").get("lastRun").get("applied").asInt()).isOne();
				assertThat(schemas.get("secondLiquibase").get("lastRun").get("applied").asInt()).isEqualTo(2);
			});
	}

	@Test
	void aLedgerThatCannotBeWrittenFailsNoRunAndWarnsOnce(CapturedOutput output) {
		this.database.execute("CREATE TABLE lockkeeper_run (something int)");
		this.migrating.withPropertyValues(changeLog("unwritable.sql", ONE)).run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(schema(context).get("lastRun").isNull()).isTrue();
		});
		assertThat(output.getOut().lines().filter((line) -> line.contains("the ledger of runs could not be written")))
			.hasSize(1);
	}

	@Test
	@FullTier
	void aLedgerThatIsLockedKeepsNoRunForLong() throws SQLException {
		this.migrating.withPropertyValues(changeLog("locked.sql", ONE))
			.run((context) -> assertThat(context).hasNotFailed());
		try (Connection blocker = this.database.open(); Statement statement = blocker.createStatement()) {
			blocker.setAutoCommit(false);
			statement.execute("LOCK TABLE lockkeeper_run IN EXCLUSIVE MODE");
			this.migrating.withPropertyValues(changeLog("locked.sql", ONE, TWO))
				.run((context) -> assertThat(context).hasNotFailed());
		}
		assertThat(this.database.query("SELECT count(*) FROM databasechangelog")).containsExactly("2");
	}

	@Test
	@FullTier
	void aRunThatWasLeftOpenIsClosedByTheNextHolder() {
		this.migrating.withPropertyValues(changeLog("left.sql", ONE))
			.run((context) -> assertThat(context).hasNotFailed());
		this.database.execute(
				"UPDATE lockkeeper_run SET status = NULL, code = NULL, applied = NULL, to_version = NULL, finished_at = NULL");
		this.migrating.withPropertyValues(changeLog("left.sql", ONE)).run((context) -> {
			JsonNode run = lastRun(context);
			assertThat(run.get("status").asString()).isEqualTo("CRASHED");
			assertThat(run.get("code").isNull()).isTrue();
			assertThat(run.get("applied").asInt()).isOne();
			assertThat(run.get("durationMs").isNull()).isTrue();
		});
		assertThat(this.database.query("SELECT status FROM lockkeeper_run")).containsExactly("null");
		this.migrating.withPropertyValues(changeLog("left.sql", ONE, TWO))
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(rows()).containsExactly("CRASHED 1", "DONE 0 1");
	}

	@Test
	@FullTier
	void otherDatabasesHaveTheLedgerToo() {
		String url = "jdbc:h2:file:" + this.directory.resolve("h2");
		this.runner.withPropertyValues("spring.datasource.url=" + url, changeLog("h2.sql", ONE, TWO)).run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(lastRun(context).get("status").asString()).isEqualTo("DONE");
			assertThat(lastRun(context).get("applied").asInt()).isEqualTo(2);
		});
		this.runner
			.withPropertyValues("spring.datasource.url=" + url, changeLog("h2.sql", ONE, TWO, "me:bad\nselect 1 / 0;"))
			.run((context) -> assertThat(context).hasFailed());
		this.runner.withPropertyValues("spring.datasource.url=" + url, changeLog("h2.sql", ONE, TWO)).run((context) -> {
			assertThat(lastRun(context).get("status").asString()).isEqualTo("MIGRATION");
			assertThat(runs(context).get("runs").size()).isEqualTo(2);
		});
		this.runner
			.withPropertyValues("spring.datasource.url=" + url, changeLog("h2.sql", ONE, TWO, "me:bad\ncreate '4711';"))
			.run((context) -> assertThat(context).hasFailed());
		this.runner.withPropertyValues("spring.datasource.url=" + url, changeLog("h2.sql", ONE, TWO))
			.run((context) -> assertThat(lastRun(context).get("message").asString()).contains("Syntax error")
				.doesNotContain("4711"));
	}

	@Test
	void theTablesOfAnEmbeddedDatabaseStayTheUsers() {
		this.runner
			.withPropertyValues("spring.datasource.url=jdbc:h2:mem:ledger;DB_CLOSE_DELAY=-1", "lockkeeper.mode=defer",
					changeLog("mem.sql", ONE))
			.run((context) -> {
				assertThat(lastRun(context).get("status").asString()).isEqualTo("DONE");
				assertThat(lastRun(context).get("mode").asString()).isEqualTo("SELF");
				try (Connection connection = context.getBean(DataSource.class).getConnection();
						Statement statement = connection.createStatement()) {
					assertThat(statement
						.executeQuery(
								"SELECT 1 FROM information_schema.tables WHERE lower(table_name) LIKE 'lockkeeper%'")
						.next()).isFalse();
				}
			});
	}

	// As the build of a release does it
	private ApplicationContextRunner release(String version, String name, String... changeSets) {
		Path build = Applications.write(this.directory.resolve("build-%s.properties".formatted(version)),
				"build.version=%s%nbuild.name=another".formatted(version));
		return this.migrating.withConfiguration(AutoConfigurations.of(ProjectInfoAutoConfiguration.class))
			.withPropertyValues("spring.info.build.location=file:" + build, changeLog(name, changeSets));
	}

	private static CompletableFuture<Void> start(ApplicationContextRunner runner) {
		return CompletableFuture.runAsync(() -> runner.run((context) -> assertThat(context).hasNotFailed()));
	}

	private boolean isHeld() {
		return this.database
			.query("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted "
					+ "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())")
			.equals(List.of("1"));
	}

	private static Map<String, String> fields(JsonNode row) {
		return row.properties()
			.stream()
			.collect(Collectors.toMap(Map.Entry::getKey, (field) -> text(row, field.getKey())));
	}

	private static String text(JsonNode row, String name) {
		return row.get(name).isNull() ? "null" : row.get(name).asString();
	}

	private static Instant time(JsonNode row, String name) {
		return LocalDateTime.parse(text(row, name)).toInstant(ZoneOffset.UTC);
	}

	private ApplicationContextRunner reading(String role) {
		return this.runner.withPropertyValues("spring.datasource.url=" + this.database.getPlainUrl(),
				"spring.datasource.username=" + role, "spring.datasource.password=" + PASSWORD, "lockkeeper.mode=defer",
				"lockkeeper.defer.startup=serve");
	}

	private List<String> rows() {
		return this.database
			.query("SELECT concat_ws(' ', status, code, applied) FROM lockkeeper_run ORDER BY run_number");
	}

	private static JsonNode awaitBlocked(AssertableApplicationContext context) {
		return Awaitility.await("blocked")
			.atMost(Applications.START)
			.until(() -> schema(context).get("run"), (run) -> !run.isNull() && !run.get("blockedBy").isEmpty());
	}

	private static JsonNode lastRun(AssertableApplicationContext context) {
		return schema(context).get("lastRun");
	}

	private static JsonNode schema(AssertableApplicationContext context) {
		context.getBean(SchemaGate.class).inspect(ALWAYS_OLD);
		return json(Objects.requireNonNull(endpoint(context).schema("liquibase")));
	}

	private static JsonNode runs(AssertableApplicationContext context) {
		return json(Objects.requireNonNull(endpoint(context).schema("liquibase", "runs")));
	}

	private static SchemaEndpoint endpoint(AssertableApplicationContext context) {
		return new SchemaEndpoint(context.getBean(SchemaGate.class), context.getBean(ModeDecision.class),
				PageContext.of(context.getBean(RunOrigin.class), "schema", null));
	}

	private static JsonNode json(Object description) {
		return JsonMapper.shared().valueToTree(description);
	}

	private String changeLog(String name, String... changeSets) {
		return "spring.liquibase.change-log=" + location(name, changeSets);
	}

	private String location(String name, String... changeSets) {
		return "file:" + Applications.changeLog(this.directory.resolve(name), changeSets);
	}

	@Configuration(proxyBeanMethods = false)
	static class TwoBeans {

		@Bean
		SpringLiquibase firstLiquibase(DataSource dataSource, Environment environment) {
			SpringLiquibase liquibase = new SpringLiquibase();
			liquibase.setDataSource(dataSource);
			liquibase.setChangeLog(environment.getRequiredProperty("first"));
			return liquibase;
		}

		@Bean
		SpringLiquibase secondLiquibase(SpringLiquibase firstLiquibase, DataSource dataSource,
				Environment environment) {
			SpringLiquibase liquibase = new SpringLiquibase();
			liquibase.setDataSource(dataSource);
			liquibase.setChangeLog(environment.getRequiredProperty("second"));
			liquibase.setDatabaseChangeLogTable("second_history");
			return liquibase;
		}

	}

	/**
	 * A data source that nothing can be derived from, so that each connection is counted.
	 */
	private static final class CountingDataSource extends AbstractDataSource {

		private final String url;

		private final AtomicInteger opened = new AtomicInteger();

		CountingDataSource(String url) {
			this.url = url;
		}

		@Override
		public Connection getConnection() throws SQLException {
			this.opened.incrementAndGet();
			return DriverManager.getConnection(this.url);
		}

		@Override
		public Connection getConnection(String username, String password) throws SQLException {
			return getConnection();
		}

	}

}
