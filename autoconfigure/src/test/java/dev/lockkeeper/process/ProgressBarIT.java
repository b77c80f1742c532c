// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.process;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;

import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * What a person at a terminal sees of a run.
 */
class ProgressBarIT {

	private static final String BAR = "liquibase  58% [";

	private static final String PROGRESS = "lockkeeper - 7/12 change sets";

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@TempDir
	Path directory;

	@Test
	void aBarOnATerminal() {
		requireTerminal();
		String output = migrate(application("--migrate-only").onTerminal());
		assertThat(output).contains(BAR, "7/12", "8 running for ", "100%").doesNotContain(PROGRESS);
	}

	@Test
	void theLogWithoutATerminal() {
		assertThat(migrate(application("--migrate-only"))).contains(PROGRESS).doesNotContain(BAR);
	}

	@Test
	void theLogWhereTheApplicationServesAfterwards() {
		requireTerminal();
		try (JavaProcess process = application().onTerminal().start()) {
			process.awaitLine("Started PlainApplication", Applications.START);
			assertThat(process.getOutput()).contains(PROGRESS).doesNotContain(BAR);
		}
	}

	private static void requireTerminal() {
		assumeThat(Files.isExecutable(Path.of("/usr/bin/script"))).as("script of util-linux gives a terminal").isTrue();
	}

	private JavaProcess.Builder application(String... arguments) {
		String[] changeSets = IntStream.rangeClosed(1, 12)
			.mapToObj((number) -> "me:%d%nselect pg_sleep(%s);".formatted(number, (number == 8) ? "6" : "0"))
			.toArray(String[]::new);
		Path changeLog = Applications.changeLog(this.directory.resolve("twelve.sql"), changeSets);
		return Applications.plain(changeLog, this.database).arguments(arguments);
	}

	private static String migrate(JavaProcess.Builder application) {
		try (JavaProcess process = application.start()) {
			assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isZero();
			return process.getOutput();
		}
	}

}
