// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.observability;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.TestDatabase;

/**
 * Starts the application of these tests.
 */
final class Observed {

	static final Duration START = Duration.ofMinutes(2);

	/**
	 * Sampled traces leave exemplars on counts, and the Prometheus of Debian 12 refuses
	 * everything that an application exports together with one.
	 */
	static final String NO_EXEMPLARS = "--management.tracing.sampling.probability=0";

	private Observed() {
	}

	static JavaProcess.Builder application(TestDatabase database, Path directory, String sql) {
		try {
			Path changeLog = Files.writeString(directory.resolve("log.sql"),
					"--liquibase formatted sql\n\n--changeset me:one\n%s\n".formatted(sql));
			return JavaProcess.ofMainClass(ObservedApplication.class.getName())
				.database(database)
				.arguments("--server.port=0", "--spring.main.banner-mode=off", "--logging.level.liquibase=warn",
						"--spring.application.name=observed", "--spring.liquibase.change-log=file:" + changeLog,
						"--management.endpoints.web.exposure.include=health,prometheus,schema");
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
