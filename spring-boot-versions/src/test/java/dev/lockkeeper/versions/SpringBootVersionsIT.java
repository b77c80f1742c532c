// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.versions;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.Http;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.SpringBootVersion;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The modes, the probes, the endpoint and readiness with another Spring Boot than that of
 * the build.
 */
@FullTier
class SpringBootVersionsIT {

	private static final Duration START = Duration.ofMinutes(2);

	private static final String READINESS = "/actuator/health/readiness";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private Path changeLog;

	@BeforeEach
	void writeChangeLog() throws IOException {
		this.changeLog = Files.writeString(this.directory.resolve("ships.sql"), """
				--liquibase formatted sql
				--changeset me:ship
				create table ship (id int primary key);
				""");
	}

	@Test
	void springBootIsTheSelectedOne() {
		assertThat(SpringBootVersion.getVersion()).isEqualTo(System.getProperty("tested.spring-boot"));
	}

	@Test
	void aPodAnswersProbesWhileItWaitsForTheJobAndServesThen() {
		int port = Http.freePort();
		try (JavaProcess pod = application().onKubernetes()
			.arguments("--server.port=" + port, "--lockkeeper.wait.max-interval=1s")
			.start()) {
			pod.awaitLine("lockkeeper - waiting for the schema", START);
			assertThat(Http.get(port, "/actuator/health/liveness").status()).isEqualTo(200);
			assertThat(Http.get(port, READINESS).status()).isEqualTo(503);
			try (JavaProcess job = application().onKubernetes().arguments("--migrate-only").start()) {
				assertThat(job.awaitExit(START)).as(job::getOutput).isZero();
			}
			Awaitility.await().atMost(START).until(() -> Http.get(port, READINESS).status() == 200);
			assertThat(Http.get(port, "/actuator/schema").body()).contains("\"value\":\"DEFER\"",
					"\"status\":\"CURRENT\"");
			pod.terminate();
			assertThat(pod.awaitExit(START)).isEqualTo(143);
		}
	}

	@Test
	void aProcessOffAnyPlatformMigratesItselfAndAnswersQuestions() {
		try (JavaProcess process = application().arguments("--server.port=0").start()) {
			int port = process.awaitPort(START);
			Awaitility.await().atMost(START).until(() -> Http.get(port, READINESS).status() == 200);
			assertThat(Http.get(port, "/actuator/schema").body()).contains("\"value\":\"SELF\"",
					"\"status\":\"CURRENT\"");
		}
		try (JavaProcess question = application().arguments("--migrate-only", "--status").start()) {
			assertThat(question.awaitExit(START)).as(question::getOutput).isZero();
			assertThat(question.getOutput()).contains("status:   CURRENT");
		}
	}

	@Test
	void aFailedMigrationEndsWithItsCodeAndItsVerdict() throws IOException {
		Files.writeString(this.changeLog, Files.readString(this.changeLog) + "\n--changeset me:bad\nselect 1 / 0;\n");
		Path verdict = this.directory.resolve("verdict");
		try (JavaProcess job = application()
			.arguments("--migrate-only", "--lockkeeper.termination-message-path=" + verdict)
			.start()) {
			assertThat(job.awaitExit(START)).as(job::getOutput).isEqualTo(70);
			assertThat(job.getOutput()).contains("APPLICATION FAILED TO START", "code 70 (MIGRATION)");
		}
		assertThat(verdict).content().contains("\"status\":\"MIGRATION\"", "\"code\":70");
	}

	private JavaProcess.Builder application() {
		return JavaProcess.ofMainClass(VersionsApplication.class.getName())
			.database(this.database)
			.arguments("--spring.liquibase.change-log=file:" + this.changeLog, "--spring.main.banner-mode=off",
					"--management.endpoints.web.exposure.include=health,schema");
	}

}
