// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.initializers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

import javax.sql.DataSource;

import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.exit.ExitStrategy;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.init.DataSourceScriptDatabaseInitializer;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.session.jdbc.autoconfigure.JdbcSessionDataSourceScriptDatabaseInitializer;
import org.springframework.boot.session.jdbc.autoconfigure.JdbcSessionProperties;
import org.springframework.boot.sql.init.DatabaseInitializationMode;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The tables of a script are not where its statements seem to create them.
 */
class TablesElsewhereIT {

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@Test
	void aTableThatTheScriptTakesAwayByOtherMeansHoldsNothingUp() {
		for (int run = 1; run <= 2; run++) {
			assertThat(migrate("""
					create schema yard;
					create table yard.crane (id int);
					drop schema yard cascade;
					""")).isZero();
		}
		assertThat(this.database.query("SELECT script FROM lockkeeper_script")).containsExactly("session.sql");
	}

	private int migrate(String script) {
		AtomicInteger code = new AtomicInteger(-1);
		ExitStrategy exit = code::set;
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class,
					LiquibaseAutoConfiguration.class, DataSourceAutoConfiguration.class))
			.withUserConfiguration(Initializers.class)
			.withPropertyValues("spring.datasource.url=" + this.database.getUrl(), "lockkeeper.mode=migrate-only",
					"spring.liquibase.change-log="
							+ write("changelog.sql", "--liquibase formatted sql\n--changeset me:1\nselect 1;\n"),
					"session=" + write("session.sql", script))
			.withBean(ExitStrategy.class, () -> exit)
			.run((context) -> {
			});
		return code.get();
	}

	private String write(String name, String content) {
		try {
			return "file:" + Files.writeString(this.directory.resolve(name), content);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Configuration(proxyBeanMethods = false)
	static class Initializers {

		@Bean
		DataSourceScriptDatabaseInitializer session(DataSource dataSource, Environment environment) {
			JdbcSessionProperties properties = new JdbcSessionProperties();
			properties.setInitializeSchema(DatabaseInitializationMode.ALWAYS);
			properties.setSchema(environment.getRequiredProperty("session"));
			properties.setPlatform("postgresql");
			return new JdbcSessionDataSourceScriptDatabaseInitializer(dataSource, properties);
		}

	}

}
