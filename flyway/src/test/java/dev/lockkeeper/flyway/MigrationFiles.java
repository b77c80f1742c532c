// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.testsupport.TestDatabase;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.configuration.FluentConfiguration;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;

/**
 * The migrations of one release, in a folder of their own.
 *
 * @param location the folder
 */
record MigrationFiles(Path location) {

	/**
	 * Write migrations.
	 * @param location a folder that need not exist
	 * @param files each the name of a file, a line break and its text
	 */
	static MigrationFiles in(Path location, String... files) {
		try {
			Files.createDirectories(location);
			for (String file : files) {
				int end = file.indexOf('\n');
				Files.writeString(location.resolve(file.substring(0, end)), file.substring(end + 1));
			}
			return new MigrationFiles(location);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Return an application of Spring Boot with these migrations, and Lockkeeper.
	 */
	ApplicationContextRunner application(TestDatabase database) {
		return new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class,
					LockkeeperFlywayAutoConfiguration.class, FlywayAutoConfiguration.class,
					DataSourceAutoConfiguration.class, JdbcTemplateAutoConfiguration.class))
			.withPropertyValues("spring.datasource.url=" + database.getUrl(),
					"spring.flyway.locations=filesystem:" + this.location, "lockkeeper.lock.lease=60s");
	}

	/**
	 * Return the same application with a login of its own.
	 */
	ApplicationContextRunner application(TestDatabase database, String role, String password) {
		return application(database).withPropertyValues("spring.datasource.url=" + database.getPlainUrl(),
				"spring.datasource.username=" + role, "spring.datasource.password=" + password);
	}

	/**
	 * Return a Flyway with these migrations that is not governed.
	 */
	FluentConfiguration stock(TestDatabase database) {
		return Flyway.configure().dataSource(database.getUrl(), null, null).locations("filesystem:" + this.location);
	}

	static SchemaState state(ApplicationContext context) {
		return Objects.requireNonNull(context.getBean(SchemaGate.class).getStates().get("flywayInitializer"));
	}

}
