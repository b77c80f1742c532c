// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.compatibility;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

import dev.lockkeeper.compatibility.plain.PlainApplication;
import dev.lockkeeper.testsupport.TestDatabase;

import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * Runs applications in this JVM, whose environment is that of a pod.
 */
final class Contexts {

	/**
	 * Time for a context to start on a busy machine.
	 */
	static final Duration START = Duration.ofMinutes(2);

	/**
	 * Makes the process be on no platform.
	 */
	static final String OFF_ANY_PLATFORM = "--spring.main.cloud-platform=none";

	private Contexts() {
	}

	static ConfigurableApplicationContext run(Class<?> application, TestDatabase database, String... arguments) {
		List<String> all = new ArrayList<>(List.of("--spring.main.banner-mode=off",
				"--spring.datasource.url=" + database.getUrl(), "--lockkeeper.wait.max-interval=1s",
				"--management.endpoints.web.exposure.include=health,schema", "--logging.level.liquibase=warn"));
		all.addAll(List.of(arguments));
		for (String ordinary : new String[] { "--server.port=0", "--spring.datasource.hikari.maximum-pool-size=3" }) {
			String key = ordinary.substring(0, ordinary.indexOf('=') + 1);
			if (all.stream().noneMatch((argument) -> argument.startsWith(key))) {
				all.add(ordinary);
			}
		}
		return new SpringApplicationBuilder(application).run(all.toArray(String[]::new));
	}

	static CompletableFuture<ConfigurableApplicationContext> start(Class<?> application, TestDatabase database,
			String... arguments) {
		return CompletableFuture.supplyAsync(() -> run(application, database, arguments),
				(start) -> new Thread(start, "start of " + application.getSimpleName()).start());
	}

	/**
	 * Do what the Job does beside the pods.
	 */
	static void migrate(TestDatabase database) {
		run(PlainApplication.class, database, "--spring.main.web-application-type=none", "--lockkeeper.mode=self")
			.close();
	}

	/**
	 * Return the jars that the build has put into a folder, because they are on no class
	 * path of its own.
	 */
	static List<Path> jarsOf(String property) throws IOException {
		try (Stream<Path> jars = Files.list(Path.of(System.getProperty(property)))) {
			return jars.toList();
		}
	}

}
