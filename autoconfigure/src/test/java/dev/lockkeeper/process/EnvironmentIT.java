// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.process;

import java.nio.file.Path;

import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import liquibase.util.LiquibaseUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The tests run on what the build selects.
 */
class EnvironmentIT {

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@Test
	void theDatabaseIsTheSelectedOne() {
		String version = this.database.query("SHOW server_version").get(0);
		System.out.println("PostgreSQL " + version);
		String expected = System.getProperty("expected.postgres", "");
		if (!expected.isBlank()) {
			assertThat(version).startsWith(expected + ".");
		}
	}

	@Test
	void liquibaseIsTheSelectedOne() {
		String version = LiquibaseUtil.getBuildVersion();
		System.out.println("Liquibase " + version);
		assertThat(version).isEqualTo(System.getProperty("tested.liquibase"));
	}

	@Test
	@FullTier
	void theProcessesRunWithTheSelectedLiquibase() {
		Path changeLog = Applications.changeLog(this.directory.resolve("liquibase.sql"), "me:one\nselect 1;");
		try (JavaProcess process = Applications.migrateOnly(changeLog, this.database)) {
			assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isZero();
		}
		assertThat(this.database.query("SELECT liquibase FROM databasechangelog"))
			.containsExactly(System.getProperty("tested.liquibase"));
	}

	@Test
	@FullTier
	void theProcessesRunOnTheSelectedJava() {
		String home = System.getProperty("process.java.home", "");
		Path changeLog = Applications.changeLog(this.directory.resolve("java.sql"), "me:one\nselect 1;");
		try (JavaProcess process = Applications.plain(changeLog, this.database)
			.arguments("--migrate-only")
			.jvmArguments("-showversion")
			.start()) {
			assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isZero();
			String version = process.getLines().get(0).text();
			System.out.println("Processes run on " + version);
			if (!home.isBlank()) {
				assertThat(version).doesNotContain("\"" + Runtime.version().feature() + ".");
			}
			else {
				assertThat(version).contains("\"" + Runtime.version().feature());
			}
		}
	}

}
