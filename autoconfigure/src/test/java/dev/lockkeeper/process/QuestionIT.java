// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.process;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import dev.lockkeeper.app.PlainApplication;
import dev.lockkeeper.app.ShoutingApplication;
import dev.lockkeeper.command.Usage;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.SampledCases;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A process with a question answers on standard output, and changes nothing.
 */
class QuestionIT {

	private static final String RELATIONS = "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace "
			+ "WHERE nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@Test
	@FullTier
	void reportsTheStatusOfAnEmptyDatabaseToARoleThatMayOnlyRead() {
		String role = this.database.getServer().createRole("only-reads");
		Path changeLog = twoTables();
		try (JavaProcess process = start(PlainApplication.class, changeLog, this.database.getPlainUrl(),
				"--spring.datasource.username=" + role, "--spring.datasource.password=only-reads", "--status=json")) {
			assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isEqualTo(4);
			JsonNode schema = schema(process);
			assertThat(schema.get("status").asString()).isEqualTo("PENDING");
			assertThat(schema.get("version").isNull()).isTrue();
			assertThat(schema.get("applied").asInt()).isZero();
			assertThat(schema.get("pending").get("total").asInt()).isEqualTo(2);
			assertThat(schema.get("pending").get("first").get(0).get("id").asString()).isEqualTo("one");
			assertThat(schema.get("lock").isNull()).isTrue();
		}
		assertThat(this.database.query(RELATIONS)).isEmpty();
	}

	@Test
	@FullTier
	void reportsWhatIsThereWhatIsMissingAndTheLockHolder() {
		Path changeLog = twoTables();
		migrate(changeLog);
		this.database.execute("DELETE FROM databasechangelog WHERE id = 'two'",
				"INSERT INTO databasechangelog SELECT 'stranger', author, 'other.sql', dateexecuted, 7, exectype, md5sum, "
						+ "description, comments, 'v7', liquibase, contexts, labels, deployment_id FROM databasechangelog",
				"UPDATE databasechangeloglock SET locked = true, lockedby = 'another-host', lockgranted = now()");
		String role = this.database.getServer().createRole("only-reads");
		this.database.execute("GRANT SELECT ON databasechangelog, databasechangeloglock TO " + role);
		Path verdict = this.directory.resolve("verdict");
		try (JavaProcess process = start(PlainApplication.class, changeLog, this.database.getPlainUrl(),
				"--spring.datasource.username=" + role, "--spring.datasource.password=only-reads", "--status",
				"--lockkeeper.termination-message-path=" + verdict)) {
			assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isEqualTo(4);
			assertThat(Applications.read(verdict)).contains("\"message\":\"One change set is pending.\"");
			assertThat(process.getOutput().lines().map((line) -> line.replaceAll("\\d{4}-\\S+Z", "…"))).containsExactly(
					"schema:   liquibase", "status:   PENDING",
					"version:  other.sql::stranger::me (order 7, tag v7, applied at …)", "applied:  2", "pending:  1",
					"          %s::two::me".formatted("file:" + changeLog), "unknown:  1",
					"          other.sql::stranger::me", "changed:  0", "lock:     held by another-host since …",
					"last run: none known");
		}
	}

	@Test
	@FullTier
	void aSchemaWithAllThatIsExpectedIsNoFailure() {
		Path changeLog = twoTables();
		migrate(changeLog);
		try (JavaProcess process = start(changeLog, "--status")) {
			assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isZero();
			assertThat(process.getOutput()).contains("status:   CURRENT", "applied:  2", "pending:  0",
					"lock:     free");
		}
	}

	@Test
	@FullTier
	void anEditedChangeSetIsAnsweredAndEndsWith65() {
		Path changeLog = twoTables();
		migrate(changeLog);
		this.database
			.execute("UPDATE databasechangelog SET md5sum = '9:00000000000000000000000000000000' WHERE id = 'one'");
		try (JavaProcess process = start(changeLog, "--status=json")) {
			assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isEqualTo(65);
			assertThat(schema(process).get("changed").get("first").get(0).get("id").asString()).isEqualTo("one");
			assertThat(process.getErrors()).contains("were applied with another content");
		}
	}

	@ParameterizedTest
	@FullTier
	@ValueSource(strings = { "--status=json", "--dry-run" })
	void aDatabaseThatDoesNotAnswerEndsWith69AndIsNoAnswer(String question) {
		try (JavaProcess process = start(PlainApplication.class, twoTables(), "jdbc:postgresql://localhost:1/away",
				question, "--lockkeeper.database-wait=2s")) {
			assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isEqualTo(69);
			assertThat(process.getOutput()).isEmpty();
			assertThat(process.getErrors()).contains("APPLICATION FAILED TO START", "Check that the database is up");
		}
	}

	@Test
	void helpNeedsNoDatabaseAndIsAllThatStandardOutputCarries() {
		Path verdict = this.directory.resolve("verdict");
		try (JavaProcess process = start(ShoutingApplication.class, twoTables(), "jdbc:postgresql://localhost:1/away",
				"--help", "--lockkeeper.termination-message-path=" + verdict)) {
			assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isZero();
			assertThat(process.getOutput().lines()).containsExactlyElementsOf(Usage.toText().lines().toList());
			assertThat(Applications.read(verdict)).contains("\"code\":0");
		}
	}

	@Test
	@FullTier
	void helpAloneBelongsToTheApplication() {
		try (JavaProcess process = JavaProcess.ofMainClass(PlainApplication.class.getName())
			.database(this.database)
			.arguments("--spring.liquibase.change-log=file:" + twoTables(), "--help")
			.separateStreams()
			.start()) {
			process.awaitLine("Started PlainApplication", Applications.START);
			assertThat(process.getOutput()).contains("lockkeeper - migrated").doesNotContain("Usage:");
		}
	}

	@Test
	void waitsUntilAnotherProcessHasMigratedAndAnswersOnce() {
		Path changeLog = twoTables();
		try (JavaProcess process = start(changeLog, "--status", "--wait=10m", "--lockkeeper.database-wait=1ms",
				"--lockkeeper.wait.initial-interval=100ms")) {
			awaitError(process, "waiting until nothing is missing (schema liquibase lacks 2 change sets");
			assertThat(process.getOutput()).isEmpty();
			migrate(changeLog);
			assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isZero();
			assertThat(process.getOutput().lines().filter((line) -> line.startsWith("status:")))
				.containsExactly("status:   CURRENT");
		}
	}

	@Test
	@FullTier
	void missingChangeSetsAreReportedOnceAtTheEndWith4() {
		try (JavaProcess process = start(twoTables(), "--status=json", "--wait=3s")) {
			assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isEqualTo(4);
			assertThat(schema(process).get("status").asString()).isEqualTo("PENDING");
		}
	}

	@Test
	@FullTier
	void aDatabaseThatDoesNotAnswerToTheEndEndsWith69() {
		try (JavaProcess process = start(PlainApplication.class, twoTables(), "jdbc:postgresql://localhost:1/away",
				"--status", "--wait", "--lockkeeper.defer.wait-timeout=2s", "--lockkeeper.database-wait=10m")) {
			assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isEqualTo(69);
			assertThat(process.getOutput()).isEmpty();
		}
	}

	@Test
	@FullTier
	void anEditedChangeSetIsNotWaitedFor() {
		Path changeLog = twoTables();
		migrate(changeLog);
		this.database.execute("DELETE FROM databasechangelog WHERE id = 'two'",
				"UPDATE databasechangelog SET md5sum = '9:00000000000000000000000000000000' WHERE id = 'one'");
		try (JavaProcess process = start(changeLog, "--status", "--wait=1h")) {
			assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isEqualTo(65);
			assertThat(process.getOutput()).contains("changed:  1");
		}
	}

	@Test
	@FullTier
	void sigtermEndsTheWaitWith143AndNoAnswer() {
		Path verdict = this.directory.resolve("verdict");
		try (JavaProcess process = start(twoTables(), "--status", "--wait=1h",
				"--lockkeeper.termination-message-path=" + verdict)) {
			awaitError(process, "waiting until nothing is missing");
			process.terminate();
			assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isEqualTo(143);
			assertThat(process.getOutput()).isEmpty();
			assertThat(Applications.read(verdict)).contains("\"status\":\"TERMINATED\"");
		}
	}

	private static void awaitError(JavaProcess process, String text) {
		Awaitility.await(text)
			.atMost(Applications.START)
			.conditionEvaluationListener(null)
			.until(() -> process.getErrors().contains(text) || !process.isAlive());
		assertThat(process.getErrors()).contains(text);
	}

	static Stream<List<String>> consoles() {
		return Stream.of(List.of("--spring.main.banner-mode=console"), List.of("--spring.main.banner-mode=log"),
				List.of("--logging.structured.format.console=ecs"),
				List.of("--logging.config=file:@directory@/logback-spring.xml"));
	}

	@ParameterizedTest
	@SampledCases
	@MethodSource("consoles")
	@FullTier
	void standardOutputCarriesTheAnswerAlone(List<String> console) {
		Applications.write(this.directory.resolve("logback-spring.xml"), """
				<configuration debug="true">
					<appender name="OWN" class="ch.qos.logback.core.ConsoleAppender">
						<target>System.out</target>
						<encoder><pattern>OWN %msg%n</pattern></encoder>
					</appender>
					<root level="INFO"><appender-ref ref="OWN" /></root>
				</configuration>
				""");
		List<String> arguments = new ArrayList<>(List.of("--status=json"));
		console.forEach((argument) -> arguments.add(argument.replace("@directory@", this.directory.toString())));
		try (JavaProcess process = start(ShoutingApplication.class, twoTables(), this.database.getUrl(),
				arguments.toArray(String[]::new))) {
			assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isEqualTo(4);
			assertThat(schema(process).get("status").asString()).isEqualTo("PENDING");
			assertThat(process.getErrors()).contains("lockkeeper - mode MIGRATE_ONLY", "NEEDED customizer")
				.doesNotContain("SHOUT");
		}
	}

	@Test
	@FullTier
	void aQuestionInAConfigurationFileIsNoneButTheModeMayStandThere() {
		Path changeLog = twoTables();
		try (JavaProcess process = JavaProcess.ofMainClass(PlainApplication.class.getName())
			.database(this.database)
			.environment("LOCKKEEPER_MODE", "migrate-only")
			.environment("STATUS", "json")
			.environment("DRY_RUN", "true")
			.arguments("--spring.liquibase.change-log=file:" + changeLog, "--status=json")
			.separateStreams()
			.start()) {
			assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isEqualTo(4);
			assertThat(schema(process).get("status").asString()).isEqualTo("PENDING");
		}
	}

	@Test
	@FullTier
	void aQuestionToAProcessThatWouldServeEndsWith64() {
		try (JavaProcess process = Applications.plain(twoTables(), this.database)
			.arguments("--status=json")
			.separateStreams()
			.start()) {
			assertThat(process.awaitExit(Applications.START)).as(process::getErrors).isEqualTo(64);
			assertThat(process.getOutput()).isEmpty();
			assertThat(process.getErrors()).contains("Add --migrate-only");
		}
		assertThat(this.database.query(RELATIONS)).isEmpty();
	}

	private Path twoTables() {
		return Applications.changeLog(this.directory.resolve("two.sql"),
				"me:one\ncreate table one (id int primary key);", "me:two\ncreate table two (id int primary key);");
	}

	private void migrate(Path changeLog) {
		try (JavaProcess process = Applications.migrateOnly(changeLog, this.database)) {
			assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isZero();
		}
	}

	private JavaProcess start(Path changeLog, String... arguments) {
		return start(PlainApplication.class, changeLog, this.database.getUrl(), arguments);
	}

	private static JavaProcess start(Class<?> application, Path changeLog, String url, String... arguments) {
		return JavaProcess.ofMainClass(application.getName())
			.arguments("--migrate-only", "--spring.datasource.url=" + url,
					"--spring.liquibase.change-log=file:" + changeLog)
			.arguments(arguments)
			.separateStreams()
			.start();
	}

	private static JsonNode schema(JavaProcess process) {
		return JsonMapper.shared().readTree(process.getOutput()).get("schemas").get("liquibase");
	}

}
