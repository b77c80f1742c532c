// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.process;

import java.nio.file.Path;

import dev.lockkeeper.app.TomcatWithTwo;
import dev.lockkeeper.app.WarInitializer;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.Http;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An application that is deployed to Tomcat as a WAR, beside another one: whatever
 * becomes of it, the process of both goes on.
 */
@FullTier
class ServletContainerIT {

	private static final String FAILED = TomcatWithTwo.DEPLOYED + "FAILED";

	private static final String STARTED = TomcatWithTwo.DEPLOYED + "STARTED";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@Test
	void migrateOnlyIsRefusedAndTomcatGoesOn() {
		Path verdict = this.directory.resolve("verdict");
		try (JavaProcess tomcat = tomcat("create table one (id int);", "-Dlockkeeper.mode=migrate-only",
				"-Dlockkeeper.termination-message-path=" + verdict)) {
			tomcat.awaitLine(FAILED, Applications.START);
			assertThat(tomcat.getOutput())
				.contains("An application in a servlet container cannot migrate and exit: the process is not its own.",
						"java -jar application.war --migrate-only",
						"The application does not start; a process of its own would end with code 64 (USAGE)")
				.doesNotContain("The process ends");
			assertThat(Applications.read(verdict)).contains("\"status\":\"USAGE\"", "\"code\":64");
			assertAlive(tomcat);
		}
		assertThat(this.database.query("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"))
			.isEmpty();
	}

	@Test
	void aMigrationThatFailsLeavesTomcatAlive() {
		try (JavaProcess tomcat = tomcat("select * from missing;", "-Dlockkeeper.mode=self")) {
			tomcat.awaitLine(FAILED, Applications.START);
			assertThat(tomcat.getOutput())
				.contains("The application does not start; a process of its own would end with code 70 (MIGRATION)")
				.doesNotContain("The process ends");
			assertAlive(tomcat);
		}
	}

	@Test
	void anApplicationThatDefersServesAtOnceAndIsReadyWhenTheSchemaIsThere() {
		Path changeLog = changeLog("create table one (id int);");
		try (JavaProcess tomcat = tomcat(changeLog, "-Dlockkeeper.mode=defer", "-Dlockkeeper.wait.max-interval=1s")) {
			tomcat.awaitLine(STARTED, Applications.START);
			assertThat(tomcat.getOutput())
				.contains("lockkeeper - mode DEFER (lockkeeper.mode is set to defer), startup serve (in a servlet "
						+ "container)")
				.doesNotContain("probes are answered while the application starts");
			assertAlive(tomcat);
			String readiness = "/war/actuator/health/readiness";
			assertThat(Http.get(port(tomcat), readiness).status()).isEqualTo(503);
			try (JavaProcess migration = Applications.migrateOnly(changeLog, this.database)) {
				assertThat(migration.awaitExit(Applications.START)).as(migration::getOutput).isZero();
			}
			Awaitility.await("it is ready")
				.atMost(Applications.START)
				.until(() -> Http.get(port(tomcat), readiness).status() == 200);
		}
	}

	@Test
	void anApplicationThatWouldUseTheSchemaWaitsForItInVainAndTomcatGoesOn() {
		try (JavaProcess tomcat = tomcat("create table one (id int);", "-Dlockkeeper.mode=defer",
				"-Dlockkeeper.defer.wait-timeout=1s", "-D%s=true".formatted(WarInitializer.WITH_QUARTZ))) {
			tomcat.awaitLine(FAILED, Applications.START);
			assertThat(tomcat.getOutput())
				.contains("startup wait (in a servlet container, with Quartz)", "still lacks one change set after 1s",
						"The application does not start; a process of its own would end with code 75 (TEMPORARY)")
				.doesNotContain("The process ends");
			assertAlive(tomcat);
		}
	}

	private Path changeLog(String sql) {
		return Applications.changeLog(this.directory.resolve("one.sql"), "me:one\n" + sql);
	}

	private JavaProcess tomcat(String sql, String... settings) {
		return tomcat(changeLog(sql), settings);
	}

	private JavaProcess tomcat(Path changeLog, String... settings) {
		Path ownClasses = Path.of(TomcatWithTwo.class.getProtectionDomain().getCodeSource().getLocation().getPath());
		return JavaProcess
			.ofMainClassWithOnly(TomcatWithTwo.class.getName(), "tomcat-embed", "jakarta.annotation-api",
					ownClasses.getFileName().toString())
			.jvmArguments("-Dspring.main.banner-mode=off", "-Dspring.liquibase.change-log=file:" + changeLog,
					"-Dspring.datasource.url=" + this.database.getUrl())
			.jvmArguments(settings)
			.arguments(this.directory.resolve("tomcat").toString(), System.getProperty("java.class.path"),
					"--migrate-only")
			.start();
	}

	private static void assertAlive(JavaProcess tomcat) {
		assertThat(Http.get(port(tomcat), "/other/").body()).isEqualTo("alive");
	}

	private static int port(JavaProcess tomcat) {
		String line = tomcat.awaitLine(TomcatWithTwo.LISTENS, Applications.START).text();
		return Integer.parseInt(line.substring(line.indexOf(TomcatWithTwo.LISTENS) + TomcatWithTwo.LISTENS.length()));
	}

}
