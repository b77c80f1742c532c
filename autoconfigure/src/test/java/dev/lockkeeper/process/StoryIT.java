// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.process;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

import dev.lockkeeper.app.PlainApplication;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.SampledCases;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the log shows of a run to a reader without other knowledge.
 */
class StoryIT {

	/**
	 * The lines of a screen at which people work.
	 */
	private static final int SCREEN = 40;

	private static final String ONE = "me:one\ncreate table one (id int primary key);";

	private static final String SLOW = "me:slow\nselect pg_sleep(6);";

	private static final String TWICE = "me:twice\ncreate table one (id int primary key);";

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@TempDir
	Path directory;

	@Test
	void theStoryOfAFailedRunFitsOneScreen() {
		assertThat(storyOfFailure("--migrate-only")).hasSizeLessThanOrEqualTo(SCREEN);
	}

	@Test
	@FullTier
	void theStoryOfAStartThatFailedToMigrateFitsOneScreen() {
		assertThat(storyOfFailure("--server.port=0")).hasSizeLessThanOrEqualTo(SCREEN);
	}

	private List<String> storyOfFailure(String argument) {
		List<String> lines = runThatFails(List.of(ONE, TWICE), argument).lines().toList();
		List<String> story = lines.subList(indexOf(lines, "lockkeeper - mode"), lines.size());
		assertThat(indexOf(story, "lockkeeper - migrating (schema liquibase, 2 pending"))
			.isLessThan(indexOf(story, "::twice::me failed: ERROR: relation \"one\" already exists"));
		assertThat(story).anyMatch((line) -> line.startsWith("Correct the change set."))
			.anyMatch((line) -> line.contains("code 70 (MIGRATION)"));
		return story;
	}

	@ParameterizedTest
	@SampledCases
	@CsvSource({ "logstash, --migrate-only", "ecs, --migrate-only", "ecs, --server.port=0" })
	@FullTier
	void everyLineOfARunCarriesWhatItIsAbout(String format, String argument) {
		List<JsonNode> lines = structured(
				runThatFails(List.of(ONE, SLOW, TWICE), argument, "--logging.structured.format.console=" + format));
		List<JsonNode> run = ofRun(lines);
		assertThat(run).extracting(StoryIT::message)
			.anyMatch((message) -> message.startsWith("lockkeeper - migrating"))
			.anyMatch((message) -> message.startsWith("lockkeeper - 1/3 change sets"));
		assertCarrySchemaAndRun(run);
		assertThat(run).filteredOn((line) -> message(line).startsWith("lockkeeper - 1/3"))
			.extracting(StoryIT::changeSet)
			.allMatch((changeSet) -> changeSet.endsWith("::slow::me"));
		assertThat(lines).filteredOn((line) -> message(line).contains("encountered an exception"))
			.extracting(StoryIT::changeSet)
			.isNotEmpty()
			.allMatch((changeSet) -> changeSet.endsWith("::twice::me"));
	}

	@ParameterizedTest
	@FullTier
	@CsvSource({ "wait, lockkeeper - waiting for the schema, lockkeeper - the schema is there",
			"serve, lockkeeper - the schema is not served yet, lockkeeper - the schema is served" })
	void everyLineOfAPodThatDefersCarriesTheSchema(String startup, String missing, String there) {
		try (JavaProcess pod = application(List.of(ONE), "--server.port=0", "--lockkeeper.mode=defer",
				"--lockkeeper.defer.startup=" + startup, "--lockkeeper.wait.max-interval=1s",
				"--lockkeeper.readiness.refresh-interval=200ms", "--logging.structured.format.console=ecs")) {
			pod.awaitLine(missing, Applications.START);
			try (JavaProcess migrating = application(List.of(ONE), "--migrate-only")) {
				assertThat(migrating.awaitExit(Applications.START)).as(migrating::getOutput).isZero();
			}
			pod.awaitLine(there, Applications.START);
			pod.awaitPort(Applications.START);
			admit(false);
			pod.awaitLine("lockkeeper - the schema became UNREADABLE", Applications.START);
			admit(true);
			String back = "lockkeeper - the schema is served (schema liquibase, CURRENT";
			Awaitility.await()
				.atMost(Applications.START)
				.until(() -> pod.getOutput().lastIndexOf(back) > pod.getOutput().indexOf("became UNREADABLE"));
			List<JsonNode> lines = ofRun(structured(pod.getOutput()));
			for (String expected : List.of(missing, there, "lockkeeper - the schema became UNREADABLE", back)) {
				assertThat(lines).extracting(StoryIT::message).anyMatch((message) -> message.startsWith(expected));
			}
			assertThat(lines).allSatisfy((line) -> assertThat(line.path("schema").asString()).isEqualTo("liquibase"));
		}
	}

	private void admit(boolean allowed) {
		this.database.getServer()
			.execute("ALTER DATABASE %s WITH ALLOW_CONNECTIONS %s".formatted(this.database.getName(), allowed));
	}

	@Test
	@FullTier
	void theLossOfTheLeaseCarriesTheChangeSetThatRuns() {
		assertStopped((process) -> this.database.execute("UPDATE lockkeeper_lock SET locked_by = 'another process'"),
				75, "lockkeeper - lease lost");
	}

	@Test
	@FullTier
	void theStopOfARunCarriesTheChangeSetThatRuns() {
		assertStopped(JavaProcess::terminate, 143, "lockkeeper - stopping the run");
	}

	private void assertStopped(Consumer<JavaProcess> stop, int code, String said) {
		try (JavaProcess process = application(List.of(ONE, "me:long\nselect pg_sleep(300);"), "--migrate-only",
				"--logging.structured.format.console=ecs", "--lockkeeper.lock.lease=5s",
				"--lockkeeper.shutdown-grace=0s")) {
			Awaitility.await()
				.atMost(Applications.START)
				.until(() -> this.database
					.query("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
							+ "AND state = 'active' AND query LIKE '%pg_sleep(300)%' AND pid <> pg_backend_pid()")
					.equals(List.of("1")));
			stop.accept(process);
			assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isEqualTo(code);
			List<JsonNode> run = ofRun(structured(process.getOutput()));
			assertCarrySchemaAndRun(run);
			assertThat(run).filteredOn((line) -> message(line).startsWith(said)).singleElement().satisfies((line) -> {
				assertThat(changeSet(line)).endsWith("::long::me");
			});
		}
	}

	private static void assertCarrySchemaAndRun(List<JsonNode> run) {
		assertThat(run).isNotEmpty().allSatisfy((line) -> {
			assertThat(line.path("schema").asString()).isEqualTo("liquibase");
			assertThat(line.path("runId").asString()).isEqualTo(run.get(0).path("runId").asString()).hasSize(36);
		});
	}

	private static List<JsonNode> structured(String output) {
		return output.lines()
			.filter((line) -> line.startsWith("{"))
			.map((line) -> JsonMapper.shared().readTree(line))
			.toList();
	}

	// What is said of the mode, and of the probes, is said before
	private static List<JsonNode> ofRun(List<JsonNode> lines) {
		return lines.stream()
			.filter((line) -> message(line).contains("lockkeeper - "))
			.dropWhile((line) -> !message(line).startsWith("lockkeeper - mode"))
			.skip(1)
			.toList();
	}

	private String runThatFails(List<String> changeSets, String... arguments) {
		try (JavaProcess process = application(changeSets, arguments)) {
			assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isEqualTo(70);
			return process.getOutput();
		}
	}

	// As a user starts it: with the levels of Spring Boot, and its banner
	private JavaProcess application(List<String> changeSets, String... arguments) {
		Path changeLog = Applications.changeLog(this.directory.resolve("failing.sql"),
				changeSets.toArray(String[]::new));
		return JavaProcess.ofMainClass(PlainApplication.class.getName())
			.arguments("--spring.liquibase.change-log=file:" + changeLog)
			.arguments(arguments)
			.database(this.database)
			.start();
	}

	private static int indexOf(List<String> lines, String text) {
		for (int i = 0; i < lines.size(); i++) {
			if (lines.get(i).contains(text)) {
				return i;
			}
		}
		throw new AssertionError("'%s' is not in%n%s".formatted(text, String.join(System.lineSeparator(), lines)));
	}

	private static String changeSet(JsonNode line) {
		return line.path("changeSet").asString();
	}

	private static String message(JsonNode line) {
		return line.path("message").asString();
	}

}
