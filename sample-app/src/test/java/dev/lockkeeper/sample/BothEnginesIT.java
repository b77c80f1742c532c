// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.sample;

import java.nio.file.Path;
import java.time.Duration;

import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.Http;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An application that has both tools migrates one schema after the other.
 */
class BothEnginesIT {

	private static final Path JAR = Path.of(System.getProperty("sample.jar"));

	private static final Duration START = Duration.ofMinutes(3);

	private static final String[] BOTH = { "--spring.flyway.enabled=true", "--spring.flyway.schemas=other",
			"--management.endpoints.web.exposure.include=schema,metrics,health" };

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@Test
	void migratesAndShowsOneSchemaAfterTheOther() {
		try (JavaProcess job = sample(BOTH).arguments("--migrate-only").start()) {
			assertThat(job.awaitExit(START)).as(job::getOutput).isZero();
			assertThat(job.getOutput()).containsSubsequence("lockkeeper - migrated (schema liquibase, CURRENT",
					"lockkeeper - migrated (schema flywayInitializer, CURRENT");
		}
		try (JavaProcess pod = sample(BOTH).onKubernetes().arguments("--server.port=0").start()) {
			int port = pod.awaitPort(START);
			Awaitility.await().atMost(START).until(() -> Http.get(port, "/actuator/health/readiness").status() == 200);
			assertThat(Http.get(port, "/actuator/schema").body()).containsPattern(
					"\"liquibase\":\\{\"status\":\"CURRENT\",[^}]*\"engine\":\\{\"name\":\"Liquibase\",\"version\":\"[45]\\.")
				.containsPattern(
						"\"flywayInitializer\":\\{\"status\":\"CURRENT\",[^}]*\"engine\":\\{\"name\":\"Flyway\",\"version\":\"1[23]\\.");
			assertThat(Http.get(port, "/actuator/schema", "text/html").body()).contains("Migrated by Liquibase ",
					"Migrated by Flyway ");
			assertThat(Http.get(port, "/actuator/metrics/lockkeeper.schema.pending").body()).contains("\"liquibase\"",
					"\"flywayInitializer\"");
		}
	}

	@Test
	@FullTier
	void aPodThatDefersNamesAFlywayThatNothingGoverns() {
		this.database.execute("CREATE SCHEMA other");
		try (JavaProcess pod = JavaProcess
			.ofMainClassWithout(HarbourApplication.class.getName(), "lockkeeper-spring-boot-flyway")
			.database(this.database)
			.onKubernetes()
			.arguments("--server.port=0", "--spring.profiles.active=flyway", "--spring.flyway.schemas=other")
			.start()) {
			pod.awaitLine("lockkeeper - Flyway is not governed", START);
			assertThat(pod.getOutput()).contains("bean flywayInitializer",
					"add lockkeeper-spring-boot-starter-flyway, or set spring.flyway.enabled=false");
		}
	}

	private JavaProcess.Builder sample(String... arguments) {
		return JavaProcess.ofJar(JAR).database(this.database).arguments(arguments);
	}

}
