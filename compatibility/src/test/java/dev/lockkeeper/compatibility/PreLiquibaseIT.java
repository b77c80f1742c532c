// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.compatibility;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import dev.lockkeeper.compatibility.plain.PlainApplication;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.Http;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Pre-Liquibase, which executes a script before Liquibase begins, as a rule to create the
 * schema of the migrations.
 */
@FullTier
class PreLiquibaseIT {

	private static final String TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'harbour' "
			+ "AND tablename IN ('ship', 'databasechangelog', 'lockkeeper_lock') ORDER BY 1";

	private static final String SCHEMAS = "SELECT nspname FROM pg_namespace WHERE nspname = 'harbour'";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@BeforeEach
	void write() throws IOException {
		Files.writeString(this.directory.resolve("postgresql.sql"),
				"CREATE SCHEMA IF NOT EXISTS ${spring.liquibase.default-schema};");
	}

	@Test
	void aProcessThatMigratesFindsTheSchemaThatTheScriptCreates() throws IOException {
		try (JavaProcess process = application().arguments("--migrate-only").start()) {
			assertThat(process.awaitExit(Contexts.START)).as(process::getOutput).isZero();
		}
		assertThat(this.database.query(TABLES)).containsExactly("databasechangelog", "lockkeeper_lock", "ship");
	}

	@Test
	void aPodThatDefersWaitsWithoutTheScript() throws IOException {
		int port = Http.freePort();
		try (JavaProcess pod = application().onKubernetes()
			.arguments("--server.port=" + port, "--preliquibase.enabled=false", "--lockkeeper.wait.max-interval=1s")
			.start()) {
			pod.awaitLine("lockkeeper - waiting for the schema", Contexts.START);
			assertThat(this.database.query(SCHEMAS)).isEmpty();
			try (JavaProcess job = application().onKubernetes().arguments("--migrate-only").start()) {
				assertThat(job.awaitExit(Contexts.START)).as(job::getOutput).isZero();
			}
			Awaitility.await()
				.atMost(Contexts.START)
				.until(() -> Http.get(port, "/actuator/health/readiness").status() == 200);
		}
	}

	@Test
	void aPodThatDefersNamesItWhenItIsNotSwitchedOff() throws IOException {
		try (JavaProcess pod = application().onKubernetes().arguments("--server.port=0").start()) {
			pod.awaitLine("lockkeeper - Pre-Liquibase is not governed", Contexts.START);
			assertThat(pod.getOutput()).contains("(bean preLiquibase): set preliquibase.enabled=false");
		}
	}

	private JavaProcess.Builder application() throws IOException {
		return JavaProcess
			.ofMainClassWith(PlainApplication.class.getName(), "devtools|webflux|testcontainers|jersey",
					Contexts.jarsOf("preliquibase.directory").toArray(Path[]::new))
			.database(this.database)
			.arguments("--spring.main.banner-mode=off", "--spring.liquibase.default-schema=harbour",
					"--preliquibase.sql-script-references=file:" + this.directory + "/");
	}

}
