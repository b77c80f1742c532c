// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.process;

import java.nio.file.Path;

import dev.lockkeeper.app.LossyApplication;
import dev.lockkeeper.app.LossyApplication.Main;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.SampledCases;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A process that was started to migrate and exit, or with a question, and whose
 * {@code main} loses that, touches no database.
 */
class LostArgumentsIT {

	private static final String HAND_ON = "Let main hand its arguments on: SpringApplication.run(Application.class, args)";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private Path changeLog;

	@BeforeEach
	void writeChangeLog() {
		this.changeLog = Applications.changeLog(this.directory.resolve("one.sql"),
				"me:one\ncreate table one (id int);");
	}

	@ParameterizedTest
	@SampledCases
	@EnumSource(names = { "DROPS", "BUILDS_A_CHILD_WITHOUT" })
	void aFlagThatMainDropsEndsWith64(Main main) {
		assertRefused(lossy(main).arguments("--migrate-only"),
				"--migrate-only is an argument of the process, but Spring Boot does not know of it: the process is in "
						+ "mode SELF (no platform is recognised).",
				HAND_ON);
	}

	@Test
	@FullTier
	void aFlagThatMainDropsBehind10000BytesEndsWith64() {
		assertRefused(lossy(Main.DROPS).arguments("x".repeat(10_000), "--migrate-only"),
				"--migrate-only is an argument of the process, but Spring Boot does not know of it", HAND_ON);
	}

	@Test
	@FullTier
	void aFlagIsMissedBeforeTheWebServerCreatesBeansThatUseTheDatabase() {
		assertRefused(lossy(Main.DROPS_BEFORE_A_FILTER).arguments("--migrate-only", "--status"),
				"--migrate-only is an argument of the process, but Spring Boot does not know of it", HAND_ON);
	}

	@Test
	@FullTier
	void aFlagIsMissedWhereNoSchemaIsMigrated() {
		assertRefused(lossy(Main.DROPS).jvmArguments("-Dspring.liquibase.enabled=false").arguments("--migrate-only"),
				"--migrate-only is an argument of the process, but Spring Boot does not know of it", HAND_ON);
	}

	@Test
	@FullTier
	void aWorkerWithoutASchemaWarnsThatAFlagIsLost() {
		try (JavaProcess process = lossy(Main.DROPS_IN_A_WORKER).jvmArguments("-Dspring.liquibase.enabled=false")
			.arguments("--migrate-only")
			.start()) {
			assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isZero();
			assertThat(process.getOutput().lines().filter((line) -> line.contains("WARN"))).singleElement()
				.asString()
				.contains("lockkeeper - this process does not migrate and exit "
						+ "(--migrate-only is an argument of the process, but Spring Boot does not know of it: the process "
						+ "is in mode SELF (no platform is recognised)); let main hand its arguments on: ");
		}
	}

	@ParameterizedTest
	@FullTier
	@ValueSource(
			strings = { "--migrate-only --status", "--migrate-only=true --dry-run", "--lockkeeper.mode=migrate-only" })
	void whateverIsBesideIt(String arguments) {
		assertRefused(lossy(Main.DROPS).arguments(arguments.split(" ")).onKubernetes(),
				" is an argument of the process, but Spring Boot does not know of it: the process is in mode DEFER",
				HAND_ON);
	}

	@Test
	@FullTier
	void aFlagThatIsKeptFromTheEnvironmentEndsWith64() {
		assertRefused(lossy(Main.KEEPS_FROM_ENVIRONMENT).arguments("--migrate-only"),
				"--migrate-only is an argument of the process, but Spring Boot does not know of it",
				"Remove setAddCommandLineProperties(false)");
	}

	@Test
	@FullTier
	void aQuestionThatMainDropsEndsWith64() {
		assertRefused(lossy(Main.DROPS).environment("LOCKKEEPER_MODE", "migrate-only").arguments("--status"),
				"--status is an argument of the process, but Spring Boot does not know of it: the process is in mode "
						+ "MIGRATE_ONLY",
				HAND_ON);
	}

	@ParameterizedTest
	@FullTier
	@ValueSource(strings = { "--migrate-olny", "--migrate_only", "--migrateonly" })
	void aFlagThatIsMisspeltEndsWith64(String flag) {
		assertRefused(Applications.plain(this.changeLog, this.database).arguments(flag), flag + " is unknown.",
				"Use --migrate-only.");
	}

	@Test
	@FullTier
	void aSettingThatIsMisspeltOnTheCommandLineEndsWith64() {
		assertRefused(Applications.plain(this.changeLog, this.database).arguments("--lockkeeper.mod=defer"),
				"The setting lockkeeper.mod on the command line is unknown.",
				"Use lockkeeper.mode in its place, or remove lockkeeper.mod.");
	}

	@ParameterizedTest
	@SampledCases(1)
	@EnumSource(names = { "MAPS_A_FLAG", "STARTS_A_PARENT_WITHOUT", "BUILDS_A_CHILD" })
	@FullTier
	void aFlagThatArrivesMigrates(Main main) {
		try (JavaProcess process = lossy(main).arguments("--migrate-only").start()) {
			assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isZero();
		}
		assertThat(this.database.query("SELECT id FROM databasechangelog")).containsExactly("one");
	}

	@ParameterizedTest
	@FullTier
	@ValueSource(strings = { "lockkeeper.defer.startup=serve", "lockkeeper.mode=defer" })
	void theReleaseProcessOfHerokuEndsWith64WithoutTheFlag(String setting) {
		assertRefused(
				Applications.plain(this.changeLog, this.database)
					.environment("DYNO", "release.5")
					.jvmArguments("-D" + setting),
				"This process prepares a release (DYNO=release.5), and schema liquibase lacks one change set",
				"Put this into the Procfile: release: java -jar application.jar --migrate-only");
	}

	private JavaProcess.Builder lossy(Main main) {
		return JavaProcess.ofMainClass(LossyApplication.class.getName())
			.jvmArguments("-Dmain=" + main.name(), "-Dserver.port=0", "-Dspring.main.banner-mode=off",
					"-Dspring.liquibase.change-log=file:" + this.changeLog,
					"-Dspring.datasource.url=" + this.database.getUrl());
	}

	private void assertRefused(JavaProcess.Builder builder, String... reported) {
		Path verdict = this.directory.resolve("verdict");
		try (JavaProcess process = builder.environment("LOCKKEEPER_TERMINATION_MESSAGE_PATH", verdict.toString())
			.start()) {
			assertThat(process.awaitExit(Applications.START)).as(process::getOutput).isEqualTo(64);
			assertThat(process.getOutput()).contains(reported);
			assertThat(Applications.read(verdict)).contains("\"status\":\"USAGE\"", "\"code\":64", reported[0]);
		}
		assertThat(this.database.query("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"))
			.isEmpty();
	}

}
