// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.compatibility;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The arguments of an application in Kotlin, alone and with the bootstrap context that
 * Spring Cloud starts before the application's own.
 */
@FullTier
class ArgumentsIT {

	private static final String MAIN = "dev.lockkeeper.compatibility.kotlin.KotlinApplicationKt";

	private static final String BOOTSTRAP = "The bootstrap context is here";

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void aFlagThatArrivesMigrates(boolean springCloud) throws IOException {
		try (JavaProcess process = application(springCloud).arguments("--migrate-only").start()) {
			assertThat(process.awaitExit(Contexts.START)).as(process::getOutput).isZero();
			assertThat(process.getOutput()).contains("lockkeeper - migrated");
			assertThat(process.getOutput().contains(BOOTSTRAP)).as(process::getOutput).isEqualTo(springCloud);
		}
		assertThat(this.database.query("SELECT name FROM ship")).containsExactly("Aurora");
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void aFlagThatMainForgetsEndsWith64(boolean springCloud) throws IOException {
		try (JavaProcess process = application(springCloud).jvmArguments("-Darguments=forgotten")
			.arguments("--migrate-only", "--status")
			.start()) {
			assertThat(process.awaitExit(Contexts.START)).as(process::getOutput).isEqualTo(64);
			assertThat(process.getOutput()).contains(
					"--migrate-only is an argument of the process, but Spring Boot does not know of it",
					"runApplication<Application>(*args)");
			assertThat(process.getOutput().contains(BOOTSTRAP)).as(process::getOutput).isEqualTo(springCloud);
		}
		assertThat(this.database.query("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"))
			.isEmpty();
	}

	private JavaProcess.Builder application(boolean springCloud) throws IOException {
		Path[] libraries = springCloud ? Contexts.jarsOf("spring-cloud.directory").toArray(Path[]::new) : new Path[0];
		List<String> arguments = new ArrayList<>(List.of("-Dspring.datasource.url=" + this.database.getUrl(),
				"-Dserver.port=0", "-Dspring.main.banner-mode=off"));
		if (springCloud) {
			arguments.add("-Dspring.cloud.bootstrap.enabled=true");
			arguments
				.add("-Dspring.cloud.bootstrap.sources=dev.lockkeeper.compatibility.kotlin.BootstrapConfiguration");
		}
		return JavaProcess.ofMainClassWith(MAIN, "devtools", libraries).jvmArguments(arguments.toArray(String[]::new));
	}

}
