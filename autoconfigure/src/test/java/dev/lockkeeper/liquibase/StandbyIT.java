// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Looks at a standby.
 */
@ExtendWith(OutputCaptureExtension.class)
class StandbyIT {

	private static final String SERIALIZABLE = "spring.datasource.hikari.connection-init-sql="
			+ "SET default_transaction_isolation = 'serializable'";

	@TempDir
	static Path directory;

	private static TestPostgres server;

	private static TestDatabase database;

	@BeforeAll
	static void startStandby() throws IOException {
		Files.writeString(directory.resolve("one.sql"),
				"--liquibase formatted sql\n\n--changeset me:one\ncreate table one (id int primary key);\n");
		server = TestPostgres.startEmbedded();
		database = server.createDatabase();
		runner().run((context) -> assertThat(context).hasNotFailed());
		server.becomeStandby();
	}

	@AfterAll
	static void stop() {
		server.close();
	}

	@Test
	void whoHasNothingToDoStarts() {
		runner().run((context) -> assertThat(context).hasNotFailed());
		runner().withPropertyValues("lockkeeper.mode=defer").run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(context.getBean(SchemaGate.class).isOpen()).isTrue();
		});
	}

	// Which PostgreSQL does not have on a standby; it has once that is the primary
	@Test
	void aDefaultOfSerializableIsWaitedOut(CapturedOutput output) {
		runner().withPropertyValues(SERIALIZABLE, "lockkeeper.database-wait=1s")
			.run((context) -> assertThat(LockkeeperException.findIn(context.getStartupFailure())).isNotNull()
				.satisfies((failure) -> {
					assertThat(failure.getStatus()).isEqualTo(ExitStatus.UNAVAILABLE);
					assertThat(failure).hasMessageContaining("serializable mode in a hot standby");
					assertThat(failure.getAction()).contains("default_transaction_isolation");
				}));
		assertThat(output).contains("lockkeeper - waiting for the database");
	}

	private static ApplicationContextRunner runner() {
		return new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class,
					LiquibaseAutoConfiguration.class, DataSourceAutoConfiguration.class))
			.withPropertyValues("spring.datasource.url=" + database.getUrl(), "lockkeeper.mode=self",
					"spring.liquibase.change-log=file:" + directory.resolve("one.sql"));
	}

}
