// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.compatibility;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

import dev.lockkeeper.compatibility.jpa.JpaApplication;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An application whose scripts run after JPA has started. The order of the jars decides
 * whether Spring Boot starts JPA before Liquibase, or cannot start at all.
 */
@FullTier
class ScriptsAfterJpaIT {

	private static final String JPA = "Initialized JPA EntityManagerFactory";

	private static final String LEFT_OUT = "lockkeeper - scripts are left out (bean dataSourceScriptDatabaseInitializer)";

	private static final String TABLES = "SELECT tablename FROM pg_tables WHERE tablename IN ('ship', 'harbour') ORDER BY 1";

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@TempDir
	Path directory;

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void aProcessThatMigratesStartsNoJpa(boolean jpaFirst) throws IOException {
		try (JavaProcess job = application(jpaFirst).onKubernetes().arguments("--migrate-only").start()) {
			assertThat(job.awaitExit(Contexts.START)).as(job::getOutput).isZero();
			assertThat(job.getOutput()).contains(LEFT_OUT).doesNotContain(JPA, "HHH");
		}
		assertThat(this.database.query(TABLES)).containsExactly("ship");
	}

	@Test
	void aPodThatDefersDoesNotWaitForThem() throws IOException {
		try (JavaProcess job = application(true).onKubernetes().arguments("--migrate-only").start()) {
			assertThat(job.awaitExit(Contexts.START)).as(job::getOutput).isZero();
		}
		try (JavaProcess pod = application(true).onKubernetes().start()) {
			pod.awaitLine("Started JpaApplication", Contexts.START);
			assertThat(pod.getOutput()).contains(LEFT_OUT);
		}
		assertThat(this.database.query(TABLES)).containsExactly("ship");
	}

	@Test
	void theProcessThatMigratesItselfStartsJpaFirst() throws IOException {
		try (JavaProcess process = application(true).start()) {
			process.awaitLine("Started JpaApplication", Contexts.START);
			assertThat(process.getOutput().indexOf(JPA)).isPositive()
				.isLessThan(process.getOutput().indexOf("lockkeeper - migrated"));
		}
		assertThat(this.database.query(TABLES)).containsExactly("harbour", "ship");
	}

	private JavaProcess.Builder application(boolean jpaFirst) throws IOException {
		Path script = Files.writeString(this.directory.resolve("harbour.sql"), "CREATE TABLE harbour (id int);");
		return JavaProcess
			.ofMainClassWith(JpaApplication.class.getName(), "devtools|webflux|testcontainers|jersey",
					jpaFirst ? new Path[] { jarOfJpa() } : new Path[0])
			.database(this.database)
			.arguments("--server.port=0", "--spring.main.banner-mode=off",
					"--spring.jpa.defer-datasource-initialization=true", "--spring.sql.init.mode=always",
					"--spring.sql.init.schema-locations=file:" + script);
	}

	private static Path jarOfJpa() {
		return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
			.map(Path::of)
			.filter((entry) -> entry.getFileName().toString().startsWith("spring-boot-jpa-4"))
			.findFirst()
			.orElseThrow();
	}

}
