// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway.chaos;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.exit.ExitStrategy;
import dev.lockkeeper.flyway.LockkeeperFlywayAutoConfiguration;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/**
 * Runs in this JVM that migrate and do nothing else. Such a run differs from the process
 * of a user only in how it ends. Its lease is so long that no renewal falls into it.
 */
final class Runs {

	private final Path verdict;

	private final ApplicationContextRunner runner;

	/**
	 * Create runs.
	 * @param directory where they write what they end with
	 * @param location the migrations
	 * @param settings other settings
	 */
	Runs(Path directory, Path location, List<String> settings) {
		this.verdict = directory.resolve("verdict");
		this.runner = new ApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(LockkeeperAutoConfiguration.class, LockkeeperFlywayAutoConfiguration.class,
							FlywayAutoConfiguration.class, DataSourceAutoConfiguration.class))
			.withPropertyValues("lockkeeper.mode=migrate-only", "HOSTNAME=here", "lockkeeper.lock.lease=5m",
					"lockkeeper.termination-message-path=" + this.verdict,
					"spring.flyway.locations=filesystem:" + location)
			.withPropertyValues(settings.toArray(String[]::new));
	}

	/**
	 * Run.
	 * @param url the database
	 * @param settings other settings
	 * @return how it ended
	 */
	Outcome run(String url, String... settings) {
		AtomicInteger code = new AtomicInteger(0);
		ExitStrategy exit = code::set;
		this.runner.withPropertyValues("spring.datasource.url=" + url)
			.withPropertyValues(settings)
			.withBean(ExitStrategy.class, () -> exit)
			.run((context) -> {
			});
		return new Outcome(code.get(), (code.get() != 0) ? read() : "");
	}

	private String read() {
		try {
			return Files.readString(this.verdict);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * How a run ended.
	 *
	 * @param code the exit code
	 * @param message what went wrong; empty when nothing did
	 */
	record Outcome(int code, String message) {
	}

}
