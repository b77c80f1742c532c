// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.sample.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

import dev.lockkeeper.testsupport.TestDatabase;

/**
 * The tool that migrates in a deployment. Its releases consist of the migrations of the
 * jar, and of others in a directory.
 */
enum Tool {

	/** Liquibase, as the sample is configured without a profile. */
	LIQUIBASE {

		@Override
		String[] arguments() {
			return new String[0];
		}

		@Override
		String write(Path directory, List<Step> steps) throws IOException {
			StringBuilder changelog = new StringBuilder("""
					databaseChangeLog:
					  - include: {file: "classpath:db/changelog/db.changelog-master.yaml"}
					""");
			for (Step step : steps) {
				changelog.append("""
						  - changeSet:
						      id: %s
						      author: harbour
						      changes:
						        - sql: {sql: "%s"}
						""".formatted(step.name(), step.sql()));
			}
			Path release = Files.writeString(directory.resolve("release.yaml"), changelog);
			return "--spring.liquibase.change-log=file:" + release;
		}

		@Override
		String nameOf(Path directory, List<Step> steps, int index) {
			return "file:%s::%s::harbour".formatted(directory.resolve("release.yaml"), steps.get(index).name());
		}

		@Override
		boolean isRecorded(TestDatabase database, Step step) {
			return !database.query("SELECT 1 FROM databasechangelog WHERE id = '%s'".formatted(step.name())).isEmpty();
		}

		@Override
		boolean isLocked(TestDatabase database) {
			return database.query("SELECT locked FROM databasechangeloglock").contains("t");
		}

	},

	/** Flyway, as the sample is configured with the profile of that name. */
	FLYWAY {

		@Override
		String[] arguments() {
			return new String[] { "--spring.profiles.active=flyway" };
		}

		@Override
		String write(Path directory, List<Step> steps) throws IOException {
			for (int i = 0; i < steps.size(); i++) {
				Step step = steps.get(i);
				Files.writeString(directory.resolve("V%d__%s.sql".formatted(FIRST_VERSION + i, step.name())),
						step.sql());
			}
			return "--spring.flyway.locations=classpath:db/migration,filesystem:" + directory;
		}

		@Override
		String nameOf(Path directory, List<Step> steps, int index) {
			return "%d - %s".formatted(FIRST_VERSION + index, steps.get(index).name());
		}

		@Override
		boolean isRecorded(TestDatabase database, Step step) {
			return !database
				.query("SELECT 1 FROM flyway_schema_history WHERE description = '%s'".formatted(step.name()))
				.isEmpty();
		}

		// Its own lock ends with the session, so the lease alone outlives a process
		@Override
		boolean isLocked(TestDatabase database) {
			return !database
				.query("SELECT 1 FROM lockkeeper_lock WHERE lock_until > clock_timestamp() AT TIME ZONE 'UTC'")
				.isEmpty();
		}

	};

	/** The version above those of the jar. */
	private static final int FIRST_VERSION = 8;

	private static final String OPTION = "--engine=";

	/**
	 * Find the tool that was asked for.
	 * @param arguments the arguments of the demo
	 * @return the tool; Liquibase when none was asked for
	 */
	static Tool of(List<String> arguments) {
		return Arrays.stream(values())
			.filter((tool) -> arguments.contains(OPTION + tool.name().toLowerCase(Locale.ROOT)))
			.findFirst()
			.orElse(LIQUIBASE);
	}

	/**
	 * Return the arguments with which the sample migrates with this tool.
	 */
	abstract String[] arguments();

	/**
	 * Write a release.
	 * @return the arguments with which the sample is that release
	 */
	final String[] release(Path directory, List<Step> steps) throws IOException {
		String[] arguments = arguments();
		String[] ofRelease = Arrays.copyOf(arguments, arguments.length + 1);
		ofRelease[arguments.length] = write(Files.createDirectories(directory), steps);
		return ofRelease;
	}

	/**
	 * Write a release.
	 * @return the argument that names it
	 */
	abstract String write(Path directory, List<Step> steps) throws IOException;

	/**
	 * Return the name under which Lockkeeper shows a step of a release.
	 */
	abstract String nameOf(Path directory, List<Step> steps, int index);

	/**
	 * Return whether the history has a row of a step.
	 */
	abstract boolean isRecorded(TestDatabase database, Step step);

	/**
	 * Return whether a run holds the lock, or has died with it.
	 */
	abstract boolean isLocked(TestDatabase database);

	/**
	 * What a release adds to the one before it.
	 *
	 * @param name its name
	 * @param sql what it executes
	 */
	record Step(String name, String sql) {
	}

}
