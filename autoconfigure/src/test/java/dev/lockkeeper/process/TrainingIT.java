// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

import dev.lockkeeper.app.PlainApplication;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A training run, whose only purpose is an archive of classes, touches no database; nor
 * does ahead-of-time processing.
 */
class TrainingIT {

	@TempDir
	Path directory;

	@Test
	@FullTier
	void leavesAReachableDatabaseAlone() {
		TestDatabase database = TestPostgres.shared().createDatabase();
		Path changeLog = Applications.changeLog(this.directory.resolve("training.sql"),
				"me:one\ncreate table one (id int);");
		try (JavaProcess process = Applications.plain(changeLog, database)
			.jvmArguments("-Dspring.context.exit=onRefresh")
			.start()) {
			assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isZero();
			assertThat(process.getOutput()).contains("a training run touches no database");
		}
		assertThat(database.query("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")).containsExactly("0");
	}

	@Test
	@FullTier
	void needsNoDatabase() {
		Path changeLog = Applications.changeLog(this.directory.resolve("training.sql"), "me:one\nselect 1;");
		try (JavaProcess process = Applications.plain(changeLog)
			.jvmArguments("-Dspring.context.exit=onRefresh")
			.arguments("--spring.datasource.url=jdbc:postgresql://localhost:1/away")
			.start()) {
			assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isZero();
		}
	}

	@Test
	@FullTier
	void aheadOfTimeProcessingNeedsNoDatabase() throws IOException {
		Path generated = this.directory.resolve("generated");
		try (JavaProcess process = JavaProcess.ofMainClass("org.springframework.boot.SpringApplicationAotProcessor")
			.arguments(PlainApplication.class.getName(), generated.resolve("sources").toString(),
					generated.resolve("resources").toString(), generated.resolve("classes").toString(), "group",
					"artifact", "--spring.datasource.url=jdbc:postgresql://localhost:1/away")
			.start()) {
			assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isZero();
		}
		try (Stream<Path> files = Files.walk(generated)) {
			assertThat(files).anyMatch((file) -> file.endsWith("LockkeeperAutoConfiguration__BeanDefinitions.java"));
		}
	}

}
