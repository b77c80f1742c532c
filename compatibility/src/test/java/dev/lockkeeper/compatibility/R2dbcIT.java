// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.compatibility;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import dev.lockkeeper.compatibility.r2dbc.R2dbcApplication;
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
 * WebFlux with R2DBC and without a {@code DataSource}: the URL of the migrations is that
 * of {@code spring.liquibase.url}.
 */
@FullTier
class R2dbcIT {

	/**
	 * What such an application does not have.
	 */
	private static final String ABSENT = "webmvc|tomcat|hibernate|jpa|jooq|devtools|testcontainers|spring-boot-jersey";

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final int port = Http.freePort();

	@TempDir
	Path directory;

	@Test
	void aPodWaitsForTheJobAndReadsByR2dbc() throws IOException {
		try (JavaProcess pod = application().onKubernetes().arguments("--lockkeeper.wait.max-interval=1s").start()) {
			pod.awaitLine("lockkeeper - waiting for the schema", Contexts.START);
			assertThat(Http.get(this.port, "/actuator/health/readiness").status()).isEqualTo(503);
			try (JavaProcess job = application().onKubernetes().arguments("--migrate-only").start()) {
				assertThat(job.awaitExit(Contexts.START)).as(job::getOutput).isZero();
			}
			assertReady(pod);
			pod.terminate();
			assertThat(pod.awaitExit(Contexts.START)).isEqualTo(143);
		}
	}

	@Test
	void theProcessMigratesByItselfAndReadsByR2dbc() throws IOException {
		try (JavaProcess process = application().start()) {
			assertReady(process);
			assertThat(process.getStory()).anyMatch((line) -> line.contains("lockkeeper - migrated"));
		}
	}

	@Test
	void aPodThatDefersNamesTheScriptsThatNothingGoverns() throws IOException {
		Path script = Files.writeString(this.directory.resolve("harbour.sql"), "CREATE TABLE harbour (id int);");
		try (JavaProcess pod = application().onKubernetes()
			.arguments("--spring.sql.init.mode=always", "--spring.sql.init.schema-locations=file:" + script)
			.start()) {
			pod.awaitLine("lockkeeper - spring.sql.init with R2DBC is not governed", Contexts.START);
			assertThat(pod.getOutput()).contains("(harbour.sql): set spring.sql.init.mode=never")
				.doesNotContain("R2dbcScriptDatabaseInitializer (");
		}
	}

	private void assertReady(JavaProcess process) {
		process.awaitLine("Started R2dbcApplication", Contexts.START);
		Awaitility.await()
			.atMost(Contexts.START)
			.until(() -> Http.get(this.port, "/actuator/health/readiness").status() == 200);
		assertThat(Http.get(this.port, "/ships").body()).contains("Aurora");
		assertThat(process.getOutput()).contains("Netty started on port").doesNotContain("HikariPool");
	}

	private JavaProcess.Builder application() throws IOException {
		String url = this.database.getUrl();
		return JavaProcess
			.ofMainClassWith(R2dbcApplication.class.getName(), ABSENT,
					Contexts.jarsOf("r2dbc.directory").toArray(Path[]::new))
			.arguments("--server.port=" + this.port, "--spring.main.banner-mode=off", "--spring.liquibase.url=" + url,
					"--spring.r2dbc.url=" + this.database.getPlainUrl().replace("jdbc:", "r2dbc:"),
					"--spring.r2dbc.username=postgres");
	}

}
