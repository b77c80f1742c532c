// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.process;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

import dev.lockkeeper.app.PlainApplication;
import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.json.JsonParserFactory;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.core.io.support.SpringFactoriesLoader;
import org.springframework.core.io.support.SpringFactoriesLoader.FailureHandler;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What users feed a process that cannot work with it: the status with its code, the first
 * line of the analysis, every field of the verdict, and what remains in the database. The
 * password shows in none of it.
 */
@FullTier
@ExtendWith(OutputCaptureExtension.class)
class BadInputIT {

	private static final String PASSWORD = PlantedPassword.VALUE;

	private static final String ONE = "me:one\ncreate table one (id int primary key);";

	private static TestPostgres server;

	private static String role;

	@TempDir
	Path directory;

	private final TestDatabase database = server.createDatabase();

	private final List<String> outputs = new ArrayList<>();

	@BeforeAll
	static void startAServerThatRequiresThePassword() {
		server = TestPostgres.startEmbedded();
		role = server.createRole(PASSWORD);
		server.requirePassword(role);
	}

	@AfterAll
	static void stopTheServer() {
		server.close();
	}

	@AfterEach
	void thePasswordShowsNowhere(CapturedOutput output) {
		PlantedPassword.assertSilence(output.getAll(), String.join("\n", this.outputs),
				PlantedPassword.tables(this.database));
	}

	@ParameterizedTest
	@ValueSource(strings = { "localhost:1", "nobody.invalid" })
	void aHostThatCannotBeReached(String host) {
		String url = "jdbc:postgresql://" + host + "/db";
		assertEnd(runner(url, sql(ONE)).withPropertyValues("lockkeeper.database-wait=0s"), ExitStatus.UNAVAILABLE, url,
				"08001", null, "Check that the database is up");
	}

	@Test
	void aDatabaseThatComesUpFiveSecondsLate(CapturedOutput output) throws Exception {
		try (LateForwarder forwarder = new LateForwarder(this.database.getPlainUrl())) {
			CompletableFuture<Void> remedy = whenWaiting(output, () -> {
			}).thenRunAsync(forwarder::listen, CompletableFuture.delayedExecutor(5, TimeUnit.SECONDS));
			assertDone(runner(forwarder.url(this.database.getName()), sql(ONE))
				.withPropertyValues("spring.datasource.username=postgres"), remedy);
		}
		assertThat(output).contains("waiting for the database");
		assertApplied(List.of("one"), List.of("one"));
	}

	@Test
	void aWrongPassword() {
		assertEnd(
				runner(this.database.getPlainUrl(), sql(ONE)).withPropertyValues("lockkeeper.database-wait=0s",
						"spring.datasource.username=" + role, "spring.datasource.password=wrong"),
				ExitStatus.PERMISSION, "password authentication failed for user", "28P01", null,
				"Check the user and the password");
		assertNothingApplied();
	}

	@Test
	void aPasswordThatBecomesRight(CapturedOutput output) {
		String rotated = server.createRole(PASSWORD);
		Path access = Path.of(this.database.query("SHOW hba_file").get(0));
		Applications.write(access, "host all %s all scram-sha-256%n%s".formatted(rotated, Applications.read(access)));
		this.database.query("SELECT pg_reload_conf()");
		Awaitility.await()
			.until(() -> !this.database
				.query("SELECT 1 FROM pg_hba_file_rules WHERE '%s' = ANY (user_name)".formatted(rotated))
				.isEmpty());
		this.database.execute("GRANT CREATE, USAGE ON SCHEMA public TO " + rotated);
		CompletableFuture<Void> remedy = whenWaiting(output,
				() -> this.database.execute("ALTER ROLE %s PASSWORD 'rotated'".formatted(rotated)));
		assertDone(runner(this.database.getPlainUrl(), sql(ONE))
			.withPropertyValues("spring.datasource.username=" + rotated, "spring.datasource.password=rotated"), remedy);
		assertThat(output.getOut().lines().filter((line) -> line.contains("lockkeeper - waiting"))).singleElement()
			.asString()
			.contains("WARN", "lockkeeper - waiting for the database, trying again for up to ",
					"password authentication failed");
		assertApplied(List.of("one"), List.of("one"));
	}

	@Test
	void aDatabaseThatIsMissing() {
		assertEnd(
				runner(this.database.getUrl().replace(this.database.getName(), "not_there"), sql(ONE))
					.withPropertyValues("lockkeeper.database-wait=0s"),
				ExitStatus.CONFIG, "database \"not_there\" does not exist", "3D000", null, "create the database");
	}

	@Test
	void aDatabaseThatIsCreatedMeanwhile(CapturedOutput output) {
		CompletableFuture<Void> remedy = whenWaiting(output, () -> server.execute("CREATE DATABASE created_late"));
		assertDone(runner(this.database.getUrl().replace(this.database.getName(), "created_late"), sql(ONE)), remedy);
		assertThat(output).contains("database \"created_late\" does not exist");
	}

	@Test
	void aRoleWithoutCreate() {
		String reader = server.createRole(PASSWORD);
		assertEnd(
				runner(this.database.getPlainUrl(), sql(ONE))
					.withPropertyValues("spring.datasource.username=" + reader),
				ExitStatus.PERMISSION, "permission denied for schema public", "42501", null,
				"GRANT USAGE, CREATE ON SCHEMA public TO " + reader);
		assertNothingApplied();
	}

	@Test
	void aRoleWithoutSelectThatDefers() {
		assertDone(runner(this.database.getUrl(), sql(ONE)), CompletableFuture.completedFuture(null));
		String reader = server.createRole(PASSWORD);
		assertEnd(
				runner(this.database.getPlainUrl(), sql(ONE)).withPropertyValues("lockkeeper.mode=defer",
						"lockkeeper.defer.wait-timeout=1s", "spring.datasource.username=" + reader),
				ExitStatus.PERMISSION, "permission denied for table databasechangelog", "42501", null,
				"GRANT SELECT ON public.databasechangelog TO " + reader);
		assertApplied(List.of("one"), List.of("one"));
	}

	@Test
	void aChangelogThatIsMalformed() {
		assertChangelog(write("malformed.yaml", "databaseChangeLog:\n  - changeSet: [\n"), "malformed.yaml",
				"Correct the changelog");
	}

	@Test
	void aChangelogThatIsMissing() {
		assertChangelog(this.directory.resolve("absent.yaml"), "absent.yaml does not exist",
				"set spring.liquibase.change-log");
	}

	@Test
	void anIncludeThatIsMissing() {
		assertChangelog(write("master.yaml", """
				databaseChangeLog:
				  - include: {file: not-there.sql, relativeToChangelogFile: true}
				"""), "not-there.sql", "Correct the path of the include");
	}

	@Test
	void anIdThatIsThereTwice() {
		assertChangelog(sql(ONE, ONE), "one::me", "another id");
	}

	private void assertChangelog(Path changeLog, String description, String action) {
		for (String mode : List.of("self", "defer")) {
			assertEnd(runner(this.database.getUrl(), changeLog).withPropertyValues("lockkeeper.mode=" + mode),
					ExitStatus.CHANGELOG, description, null, null, action);
		}
		assertNothingApplied();
	}

	@Test
	void aChangeSetThatWasEdited(CapturedOutput output) {
		ApplicationContextRunner runner = runner(this.database.getUrl(), sql(ONE));
		runner.run((context) -> {
			assertThat(context).hasNotFailed();
			this.database.execute("UPDATE databasechangelog SET md5sum = '9:00000000000000000000000000000000'");
			SchemaGate gate = context.getBean(SchemaGate.class);
			gate.refresh();
			assertThat(gate.isOpen()).isTrue();
			assertThat(output.toString().lines().filter((line) -> line.contains("WARN")).toList())
				.anyMatch((line) -> line.contains("CHANGED") && line.contains("changes.sql::one::me"));
		});
		assertEnd(runner, ExitStatus.CHANGELOG, "changes.sql::one::me", null, null, "put corrections into new ones");
		assertEnd(runner.withPropertyValues("lockkeeper.mode=defer"), ExitStatus.CHANGELOG, "changes.sql::one::me",
				null, null, "put corrections into new change sets");
		assertApplied(List.of("one"), List.of("one"));
	}

	@Test
	void aPreconditionThatHalts() {
		assertEnd(
				runner(this.database.getUrl(), sql(ONE,
						"me:halt\n--preconditions onFail:HALT\n--precondition-sql-check expectedResult:1 select 0\n"
								+ "create table never (id int);")),
				ExitStatus.CHANGELOG, "changes.sql::halt::me failed: SQL Precondition failed.  Expected '1' got '0'",
				null, "halt", "Read what the precondition asks for");
		assertApplied(List.of("one"), List.of("one"));
	}

	@Test
	void aPreconditionThatCannotBeChecked() {
		assertEnd(
				runner(this.database.getUrl(),
						sql(ONE, "me:halt\n--precondition-sql-check expectedResult:1 select id from nowhere\n"
								+ "create table never (id int);")),
				ExitStatus.CHANGELOG,
				"changes.sql::halt::me failed: sqlCheck: ERROR: relation \"nowhere\" does not exist", null, "halt",
				"Read what the precondition asks for");
		assertApplied(List.of("one"), List.of("one"));
	}

	@Test
	void malformedSqlInTheThirdOfFive() {
		assertEnd(
				runner(this.database.getUrl(),
						sql(ONE, "me:two\ncreate table two (id int);", "me:three\ncreate wrong;",
								"me:four\ncreate table four (id int);", "me:five\ncreate table five (id int);")),
				ExitStatus.MIGRATION, "changes.sql::three::me failed: ERROR: syntax error", "42601", "three",
				"Correct the change set");
		assertApplied(List.of("one", "two"), List.of("one", "two"));
	}

	@Test
	void anErrorInTheMiddleOfSeveralStatements() {
		assertEnd(runner(this.database.getUrl(),
				sql(ONE, "me:middle\ncreate table half (id int primary key);\ninsert into half values (1);\n"
						+ "insert into one values (1);\ninsert into half values (1);\ncreate table never (id int);")),
				ExitStatus.MIGRATION, "changes.sql::middle::me failed: ERROR: duplicate key", "23505", "middle",
				"Correct the change set");
		assertApplied(List.of("one"), List.of("one"));
		assertThat(this.database.query("SELECT id FROM one")).isEmpty();
	}

	@Test
	void aDatabaseThatIsReadOnly() {
		server.execute("ALTER DATABASE %s SET default_transaction_read_only = on".formatted(this.database.getName()));
		assertEnd(runner(this.database.getUrl(), sql(ONE)).withPropertyValues("lockkeeper.lock.wait-timeout=1s"),
				ExitStatus.TEMPORARY, "read-only transaction", "25006", null, "Point the URL to the primary");
		assertNothingApplied();
	}

	@Test
	void aDiskThatIsFull() {
		assertEnd(
				runner(this.database.getUrl(),
						sql(ONE, "me:full splitStatements:false\ncreate table half (id int);\n"
								+ "do $$ begin raise 'could not extend file' using errcode = '53100'; end $$;")),
				ExitStatus.TEMPORARY, "changes.sql::full::me failed: ERROR: could not extend file", "53100", "full",
				"Make room");
		assertApplied(List.of("one"), List.of("one"));
	}

	@Test
	void aLockThatIsHeldToTheEnd() {
		this.database.execute("CREATE TABLE lockkeeper_lock (name VARCHAR(255) NOT NULL PRIMARY KEY, "
				+ "lock_until TIMESTAMP NOT NULL, locked_at TIMESTAMP NOT NULL, locked_by VARCHAR(255) NOT NULL, "
				+ "backend_pid INTEGER, backend_start TIMESTAMP WITH TIME ZONE)",
				"INSERT INTO lockkeeper_lock VALUES ('public.databasechangeloglock', "
						+ "timezone('utc', now()) + interval '1 hour', '2020-02-20 20:20:20', 'another process')");
		assertEnd(runner(this.database.getUrl(), sql(ONE)).withPropertyValues("lockkeeper.lock.wait-timeout=1s"),
				ExitStatus.TEMPORARY, "held by another process since 2020-02-20T20:20:20Z", null, null,
				"Let that run finish");
		assertThat(this.database.query("SELECT locked_by FROM lockkeeper_lock WHERE lock_until > now()"))
			.containsExactly("another process");
		assertThat(tables()).isEmpty();
	}

	@Test
	void aRunThatTakesTooLong() {
		assertEnd(
				runner(this.database.getUrl(), sql(ONE, "me:long\ncreate table half (id int);\nselect pg_sleep(300);"))
					.withPropertyValues("lockkeeper.max-duration=15s", "lockkeeper.shutdown-grace=0s"),
				ExitStatus.TEMPORARY, "lockkeeper.max-duration was reached", null, "long", "Start it again");
		assertApplied(List.of("one"), List.of("one"));
	}

	@Test
	void droppingFirstOnAPlatform() {
		this.database.execute("CREATE TABLE precious (id int)");
		assertEnd(
				runner(this.database.getUrl(), sql(ONE)).withPropertyValues("lockkeeper.mode=self",
						"spring.main.cloud-platform=kubernetes", "spring.liquibase.drop-first=true"),
				ExitStatus.CONFIG, "Bean liquibase may drop the whole schema first", null, null,
				"Remove spring.liquibase.drop-first", null);
		assertThat(tables()).containsExactly("precious");
	}

	@Test
	void noBeanOfLiquibase() {
		Map<String, Object> verdict = end(Applications.plain(sql(ONE), this.database)
			.arguments("--migrate-only",
					"--spring.autoconfigure.exclude=" + LiquibaseAutoConfiguration.class.getName()),
				null, 64);
		assertThat(verdict).containsEntry("status", "USAGE").containsEntry("retryable", false);
		assertThat(verdict.get("message")).isEqualTo("There is nothing to migrate: no Liquibase bean would run.");
		assertNothingApplied();
	}

	@ParameterizedTest
	@ValueSource(strings = { "--status", "--release-lock" })
	void aCommandWithoutASchema(String command) {
		Map<String, Object> verdict = end(Applications.plain(sql(ONE), this.database)
			.arguments("--migrate-only", command, "--spring.liquibase.enabled=false"), null, 64);
		assertThat(verdict).containsEntry("status", "USAGE")
			.containsEntry("message", "There is no schema: no Liquibase bean would run on a database of its own.")
			.containsEntry("action", "Add a changelog and a data source, and let no setting "
					+ "(spring.liquibase.enabled=false) and no profile remove them.");
		assertNothingApplied();
	}

	@Test
	void sigtermInTheMiddleOfAChangeSet() {
		Map<String, Object> verdict = end(Applications
			.of(PlainApplication.class, sql(ONE, "me:slow\ncreate table half (id int);\nselect pg_sleep(300);"))
			.database(this.database)
			.arguments("--migrate-only", "--lockkeeper.shutdown-grace=1s"), "pg_sleep", 143);
		assertThat(verdict).containsEntry("status", "TERMINATED").containsEntry("retryable", true);
		assertThat(Objects.toString(verdict.get("action"))).isNotBlank();
		assertApplied(List.of("one"), List.of("one"));
	}

	private Map<String, Object> end(JavaProcess.Builder builder, @Nullable String running, int code) {
		Path verdict = this.directory.resolve("verdict");
		try (JavaProcess process = builder
			.arguments("--lockkeeper.termination-message-path=" + verdict, "--spring.datasource.password=" + PASSWORD)
			.start()) {
			if (running != null) {
				Awaitility.await()
					.atMost(Applications.START)
					.until(() -> this.database
						.query("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%%%s%%' AND state = 'active' "
							.formatted(running) + "AND pid <> pg_backend_pid() AND datname = current_database()")
						.contains("1"));
				process.terminate();
			}
			assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isEqualTo(code);
			this.outputs.addAll(List.of(process.getOutput(), Applications.read(verdict)));
			Map<String, Object> fields = JsonParserFactory.getJsonParser().parseMap(Applications.read(verdict));
			assertThat(fields).containsEntry("code", code);
			if (running == null) {
				assertThat(process.getOutput()).contains("Description:\n\n" + fields.get("message"));
			}
			return fields;
		}
	}

	private ApplicationContextRunner runner(String url, Path changeLog) {
		return new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class,
					LiquibaseAutoConfiguration.class, DataSourceAutoConfiguration.class))
			.withPropertyValues("spring.datasource.url=" + url, "spring.datasource.password=" + PASSWORD,
					"spring.liquibase.change-log=file:" + changeLog, "lockkeeper.wait.max-interval=1s");
	}

	private Path sql(String... changeSets) {
		return Applications.changeLog(this.directory.resolve("changes.sql"), changeSets);
	}

	private Path write(String name, String text) {
		return Applications.write(this.directory.resolve(name), text);
	}

	private static CompletableFuture<Void> whenWaiting(CapturedOutput output, Runnable remedy) {
		return CompletableFuture.runAsync(() -> {
			Awaitility.await()
				.atMost(Applications.START)
				.until(() -> output.getAll().contains("lockkeeper - waiting for the database"));
			remedy.run();
		});
	}

	private static void assertDone(ApplicationContextRunner runner, CompletableFuture<?> remedy) {
		runner.run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(context.getBean(SchemaGate.class).isOpen()).isTrue();
		});
		assertThat(remedy).isCompleted();
	}

	private void assertEnd(ApplicationContextRunner runner, ExitStatus status, String description,
			@Nullable String sqlState, @Nullable String changeSet, String action) {
		assertEnd(runner, status, description, sqlState, changeSet, action, "liquibase");
	}

	private void assertEnd(ApplicationContextRunner runner, ExitStatus status, String description,
			@Nullable String sqlState, @Nullable String changeSet, String action, @Nullable String schema) {
		AtomicReference<@Nullable Throwable> failed = new AtomicReference<>();
		runner.run((context) -> failed.set(context.getStartupFailure()));
		LockkeeperException failure = LockkeeperException.findIn(failed.get());
		assertThat(failure).as("of Lockkeeper: %s", failed.get()).isNotNull();
		FailureAnalysis analysis = analyse(failed.get());
		String first = analysis.getDescription().lines().findFirst().orElse("");
		assertThat(first).contains(description);
		this.outputs.addAll(List.of(analysis.getDescription(), analysis.getAction(), failure.toVerdict().toJson()));
		assertThat(analysis.getAction()).contains(action,
				"The process ends with code %d (%s)".formatted(status.getCode(), status));
		Map<String, Object> verdict = JsonParserFactory.getJsonParser().parseMap(failure.toVerdict().toJson());
		Map<String, Object> expected = new LinkedHashMap<>();
		expected.put("status", status.name());
		expected.put("code", status.getCode());
		expected.put("retryable", status.getRetry() == ExitStatus.Retry.WORTHWHILE);
		expected.put("sqlState", sqlState);
		expected.put("schema", schema);
		expected.put("message", analysis.getDescription());
		expected.put("action", failure.getAction());
		assertThat(verdict).containsAllEntriesOf(expected);
		assertThat(failure.getAction()).contains(action);
		if (changeSet == null) {
			assertThat(verdict.get("changeSet")).isNull();
		}
		else {
			assertThat(String.valueOf(verdict.get("changeSet"))).contains("id=" + changeSet + ",", "author=me",
					"changes.sql");
		}
	}

	private static FailureAnalysis analyse(@Nullable Throwable failure) {
		return SpringFactoriesLoader.forDefaultResourceLocation()
			.load(FailureAnalyzer.class, null, FailureHandler.handleMessage((message, ex) -> {
			}))
			.stream()
			.map((analyzer) -> analyzer.analyze(failure))
			.filter(Objects::nonNull)
			.findFirst()
			.orElseThrow();
	}

	private void assertNothingApplied() {
		assertThat(this.database.query("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"))
			.containsExactly("0");
		this.database.awaitNoSessions();
	}

	private void assertApplied(List<String> recorded, List<String> tables) {
		assertThat(this.database.query("SELECT id FROM databasechangelog ORDER BY orderexecuted")).isEqualTo(recorded);
		assertThat(tables()).isEqualTo(tables);
		// The next run takes over the lock of a run whose connection was aborted
		assertThat(
				this.database.query("SELECT locked FROM databasechangeloglock WHERE lockedby NOT LIKE 'lockkeeper:%'"))
			.doesNotContain("t");
		assertThat(this.database.query("SELECT lock_until <= timezone('utc', clock_timestamp()) FROM lockkeeper_lock"))
			.containsExactly("t");
		this.database.awaitNoSessions();
	}

	private List<String> tables() {
		return this.database.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public' "
				+ "AND tablename NOT LIKE 'lockkeeper%' AND tablename NOT LIKE 'databasechangelog%' ORDER BY 1");
	}

}
