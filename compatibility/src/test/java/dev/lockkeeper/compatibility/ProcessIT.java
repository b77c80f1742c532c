// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.compatibility;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.lockkeeper.compatibility.plain.PlainApplication;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.Http;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What takes a process of its own: the restarts of the developer tools, and virtual
 * threads.
 */
class ProcessIT {

	private static final String RESTARTED = "restartedMain]";

	private static final String FIRST = " main]";

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@Test
	@FullTier
	void aRestartedMainMigratesAndServes() {
		try (JavaProcess process = withDeveloperTools().start()) {
			int port = process.awaitPort(Contexts.START);
			process.awaitLine("Started PlainApplication", Contexts.START);
			// A slow run also logs its progress from a thread of its own
			assertThat(process.getStory())
				.anyMatch((line) -> line.contains("lockkeeper - migrated") && line.contains(RESTARTED))
				.noneMatch((line) -> line.contains(FIRST));
			// Spring Boot says that it has started before it is ready
			Awaitility.await()
				.atMost(Contexts.START)
				.until(() -> Http.get(port, "/actuator/health/readiness").status() == 200);
			process.terminate();
			assertThat(process.awaitExit(Contexts.START)).isEqualTo(143);
		}
		assertThat(this.database.query("SELECT name FROM ship")).containsExactly("Aurora");
	}

	@Test
	@FullTier
	void aRestartedMainMigratesAndExits() {
		try (JavaProcess process = withDeveloperTools().arguments("--migrate-only").start()) {
			assertThat(process.awaitExit(Contexts.START)).as(process::getOutput).isZero();
			assertThat(process.getStory()).anyMatch((line) -> line.contains(RESTARTED));
		}
		assertThat(this.database.query("SELECT name FROM ship")).containsExactly("Aurora");
	}

	@ParameterizedTest
	@FullTier
	@ValueSource(strings = { "self", "migrate-only" })
	void aRestartedMainFailsWithTheRightCode(String mode) {
		try (JavaProcess process = withDeveloperTools()
			.arguments("--lockkeeper.mode=" + mode, "--spring.liquibase.change-log=classpath:db/changelog/broken.sql")
			.start()) {
			assertThat(process.awaitExit(Contexts.START)).as(process::getOutput).isEqualTo(70);
			assertThat(process.getStory()).anyMatch((line) -> line.contains(RESTARTED));
		}
	}

	@Test
	@FullTier
	void virtualThreadsAreFine() {
		try (JavaProcess process = settings(without("devtools")).onKubernetes()
			.jvmArguments("-showversion")
			.arguments("--spring.threads.virtual.enabled=true", "--lockkeeper.defer.startup=serve",
					"--lockkeeper.wait.max-interval=1s")
			.start()) {
			int port = process.awaitPort(Contexts.START);
			process.awaitLine("Started PlainApplication", Contexts.START);
			assertThat(Http.get(port, "/actuator/health/readiness").status()).isEqualTo(503);
			Contexts.migrate(this.database);
			Awaitility.await()
				.atMost(Contexts.START)
				.until(() -> Http.get(port, "/actuator/health/readiness").status() == 200);
			assertThat(Http.get(port, "/thread").body())
				.startsWith(hasVirtualThreads(process) ? "VirtualThread" : "Thread");
			process.terminate();
			assertThat(process.awaitExit(Contexts.START)).isEqualTo(143);
		}
	}

	private static boolean hasVirtualThreads(JavaProcess process) {
		Matcher version = Pattern.compile("\"(\\d+)").matcher(process.getLines().get(0).text());
		assertThat(version.find()).isTrue();
		return Integer.parseInt(version.group(1)) >= 21;
	}

	private JavaProcess.Builder withDeveloperTools() {
		return settings(without("no-such-library"));
	}

	private JavaProcess.Builder settings(JavaProcess.Builder builder) {
		return builder.database(this.database)
			.arguments("--server.port=0", "--spring.main.banner-mode=off",
					"--spring.devtools.livereload.enabled=false");
	}

	private static JavaProcess.Builder without(String library) {
		return JavaProcess.ofMainClassWithout(PlainApplication.class.getName(), library, "webflux", "netty",
				"hibernate", "jpa", "jooq", "testcontainers");
	}

}
