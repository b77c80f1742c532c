// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.sample.traffic;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.flyway.LockkeeperFlywayAutoConfiguration;
import dev.lockkeeper.sample.traffic.Step.ChangeSet;
import dev.lockkeeper.testsupport.TestDatabase;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/**
 * What migrates: each tool in its own words.
 */
enum Tool {

	/** Change sets of formatted SQL. */
	LIQUIBASE("SELECT id AS name, xmin AS transaction FROM databasechangelog") {

		@Override
		String write(Path directory, List<ChangeSet> changeSets, String settings) throws IOException {
			Path file = directory.resolve("changelog.sql");
			Files.writeString(file,
					changeSets.stream()
						.map(ChangeSet::toText)
						.collect(Collectors.joining("", "--liquibase formatted sql\n\n", "")));
			return "spring.liquibase.change-log=file:" + file;
		}

	},

	/** A script for each change set. */
	FLYWAY("SELECT description AS name, xmin AS transaction FROM flyway_schema_history") {

		@Override
		String write(Path directory, List<ChangeSet> changeSets, String settings) throws IOException {
			for (int i = 0; i < changeSets.size(); i++) {
				ChangeSet changeSet = changeSets.get(i);
				Path file = directory.resolve("V%d__%s.sql".formatted(i + 1, changeSet.id()));
				Files.writeString(file, changeSet.toScript());
				if (!changeSet.isTransaction() && !changeSet.isConcurrent()) {
					Files.writeString(Path.of(file + ".conf"), settings);
				}
			}
			return "spring.flyway.locations=filesystem:" + directory;
		}

	};

	private final String history;

	Tool(String history) {
		this.history = history;
	}

	/**
	 * Return an application that migrates.
	 * @param directory where its change sets are written
	 * @param settings the file that lets a script of Flyway be no transaction
	 */
	ApplicationContextRunner application(TestDatabase database, Path directory, List<ChangeSet> changeSets,
			String settings) {
		try {
			return application(database, write(Files.createDirectories(directory), changeSets, settings));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Return an application that migrates what is there already.
	 */
	ApplicationContextRunner application(TestDatabase database, String location) {
		return new ApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(LockkeeperAutoConfiguration.class, LockkeeperFlywayAutoConfiguration.class,
							LiquibaseAutoConfiguration.class, FlywayAutoConfiguration.class,
							DataSourceAutoConfiguration.class, JdbcTemplateAutoConfiguration.class))
			.withPropertyValues("spring.datasource.url=" + database.getUrl(),
					"spring.liquibase.enabled=" + (this == LIQUIBASE), "spring.flyway.enabled=" + (this == FLYWAY),
					location);
	}

	/**
	 * Return a query of the change sets that were applied, and their transactions.
	 */
	String history() {
		return this.history;
	}

	/**
	 * Write a release.
	 * @return the setting that names it
	 */
	abstract String write(Path directory, List<ChangeSet> changeSets, String settings) throws IOException;

}
