// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.process;

import java.nio.file.Path;

import dev.lockkeeper.app.ShoutingApplication;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A process that migrates and exits creates nothing but what Liquibase needs.
 */
class MigrateOnlyIT {

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@Test
	void createsNoBeanThatLiquibaseDoesNotNeed() {
		Path changeLog = Applications.changeLog(this.directory.resolve("shout.sql"),
				"me:one\ncreate table one (id int primary key);");
		try (JavaProcess process = shouting(changeLog).arguments("--migrate-only").start()) {
			assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isZero();
			assertThat(process.getOutput()).contains("NEEDED customizer", "NEEDED post-processor")
				.doesNotContain("SHOUT", "Tomcat");
		}
		assertThat(this.database.query("SELECT id FROM databasechangelog")).containsExactly("one");
	}

	@Test
	@FullTier
	void createsNoBeanEitherWhenItFails() {
		Path changeLog = Applications.changeLog(this.directory.resolve("shout.sql"), "me:one\ncreate nonsense;");
		try (JavaProcess process = shouting(changeLog).arguments("--migrate-only").start()) {
			assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isEqualTo(70);
			assertThat(process.getOutput()).doesNotContain("SHOUT", "Tomcat");
		}
	}

	@Test
	@FullTier
	void theSameApplicationShoutsWhenItServes() {
		Path changeLog = Applications.changeLog(this.directory.resolve("shout.sql"), "me:one\nselect 1;");
		try (JavaProcess process = shouting(changeLog).start()) {
			process.awaitLine("SHOUT main after run", Applications.START);
			assertThat(process.getOutput()).contains("SHOUT plain bean", "SHOUT controller", "SHOUT lifecycle starts",
					"SHOUT listener hears", "SHOUT tick", "SHOUT command line runner runs");
		}
	}

	@Test
	void neverTurnsIntoAServingProcess() {
		Path changeLog = Applications.changeLog(this.directory.resolve("net.sql"), "me:one\nselect 1;");
		try (JavaProcess process = Applications.plain(changeLog, this.database)
			.arguments("--migrate-only",
					"--spring.autoconfigure.exclude=dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration")
			.start()) {
			assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isEqualTo(64);
			assertThat(process.getOutput()).contains("Lockkeeper's auto-configuration is not active");
		}
	}

	private JavaProcess.Builder shouting(Path changeLog) {
		return Applications.of(ShoutingApplication.class, changeLog).database(this.database);
	}

}
