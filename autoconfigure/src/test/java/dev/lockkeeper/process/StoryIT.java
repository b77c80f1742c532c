// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.process;

import java.nio.file.Path;
import java.util.List;

import dev.lockkeeper.app.PlainApplication;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the log tells of a run to somebody who knows nothing else.
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
		List<String> lines = runThatFails(List.of(ONE, TWICE)).lines().toList();
		List<String> story = lines.subList(indexOf(lines, "lockkeeper - mode"), lines.size());
		assertThat(story).hasSizeLessThanOrEqualTo(SCREEN);
		assertThat(indexOf(story, "lockkeeper - migrating (schema liquibase, 2 pending"))
			.isLessThan(indexOf(story, "::twice::me failed: ERROR: relation \"one\" already exists"));
		assertThat(story).anyMatch((line) -> line.startsWith("Correct the change set."))
			.anyMatch((line) -> line.contains("code 70 (MIGRATION)"));
	}

	@Test
	void everyLineOfARunCarriesWhatItIsAbout() {
		List<JsonNode> lines = runThatFails(List.of(ONE, SLOW, TWICE), "--logging.structured.format.console=logstash")
			.lines()
			.filter((line) -> line.startsWith("{"))
			.map((line) -> JsonMapper.shared().readTree(line))
			.toList();
		List<JsonNode> run = lines.stream().filter((line) -> message(line).contains("lockkeeper - ")).skip(1).toList();
		assertThat(run).extracting(StoryIT::message)
			.anyMatch((message) -> message.startsWith("lockkeeper - migrating"))
			.anyMatch((message) -> message.startsWith("lockkeeper - 1/3 change sets"));
		assertThat(run).allSatisfy((line) -> {
			assertThat(line.path("schema").asString()).isEqualTo("liquibase");
			assertThat(line.path("runId").asString()).isEqualTo(run.get(0).path("runId").asString()).hasSize(36);
		});
		assertThat(run).filteredOn((line) -> message(line).startsWith("lockkeeper - 1/3"))
			.extracting((line) -> line.path("changeSet").asString())
			.allMatch((changeSet) -> changeSet.endsWith("::slow::me"));
		assertThat(lines).filteredOn((line) -> message(line).contains("encountered an exception"))
			.extracting((line) -> line.path("changeSet").asString())
			.isNotEmpty()
			.allMatch((changeSet) -> changeSet.endsWith("::twice::me"));
	}

	// As a user starts it: with the levels of Spring Boot, and its banner
	private String runThatFails(List<String> changeSets, String... arguments) {
		Path changeLog = Applications.changeLog(this.directory.resolve("failing.sql"),
				changeSets.toArray(String[]::new));
		try (JavaProcess process = JavaProcess.ofMainClass(PlainApplication.class.getName())
			.arguments("--migrate-only", "--spring.liquibase.change-log=file:" + changeLog)
			.arguments(arguments)
			.database(this.database)
			.start()) {
			assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isEqualTo(70);
			return process.getOutput();
		}
	}

	private static int indexOf(List<String> lines, String text) {
		for (int i = 0; i < lines.size(); i++) {
			if (lines.get(i).contains(text)) {
				return i;
			}
		}
		throw new AssertionError("'%s' is not in%n%s".formatted(text, String.join(System.lineSeparator(), lines)));
	}

	private static String message(JsonNode line) {
		return line.path("message").asString();
	}

}
