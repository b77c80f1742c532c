// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.process.Applications;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
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
 * Inspects a standby.
 */
@ExtendWith(OutputCaptureExtension.class)
@FullTier
class StandbyIT {

	private static final String SERIALIZABLE = "spring.datasource.hikari.connection-init-sql="
			+ "SET default_transaction_isolation = 'serializable'";

	private static final Duration LONG = Duration.ofMinutes(1);

	@TempDir
	Path directory;

	private final TestPostgres primary = TestPostgres.startEmbedded();

	private final TestDatabase original = this.primary.createDatabase();

	private @Nullable TestPostgres standby;

	@AfterEach
	void stop() {
		if (this.standby != null) {
			this.standby.close();
		}
		this.primary.close();
	}

	@Test
	void aProcessWithNothingToDoStarts() {
		TestDatabase copy = migrateAndCopy();
		runner(copy).run((context) -> assertThat(context).hasNotFailed());
		runner(copy).withPropertyValues("lockkeeper.mode=defer").run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(context.getBean(SchemaGate.class).isOpen()).isTrue();
		});
	}

	// Which PostgreSQL does not have on a standby
	@Test
	void aDefaultOfSerializableEndsWith69AndWhatToSet() {
		TestDatabase copy = migrateAndCopy();
		runner(copy).withPropertyValues(SERIALIZABLE, "lockkeeper.database-wait=1s")
			.run((context) -> assertThat(LockkeeperException.findIn(context.getStartupFailure())).isNotNull()
				.satisfies((failure) -> {
					assertThat(failure.getStatus()).isEqualTo(ExitStatus.UNAVAILABLE);
					assertThat(failure).hasMessageContaining("serializable mode in a hot standby");
					assertThat(failure.getAction()).contains("default_transaction_isolation");
				}));
	}

	@Test
	void aDefaultOfSerializableIsWaitedOutUntilTheStandbyIsThePrimary(CapturedOutput output) {
		TestDatabase copy = migrateAndCopy();
		CompletableFuture<Void> start = CompletableFuture.runAsync(() -> runner(copy).withPropertyValues(SERIALIZABLE)
			.run((context) -> assertThat(context).hasNotFailed()));
		Awaitility.await()
			.atMost(LONG)
			.until(() -> output.toString().contains("lockkeeper - waiting for the database"));
		copy.getServer().promote();
		assertThat(start).succeedsWithin(LONG);
	}

	private TestDatabase migrateAndCopy() {
		runner(this.original).run((context) -> assertThat(context).hasNotFailed());
		TestPostgres started = this.primary.startStandby();
		this.standby = started;
		return started.getDatabase(this.original);
	}

	private ApplicationContextRunner runner(TestDatabase database) {
		return new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class,
					LiquibaseAutoConfiguration.class, DataSourceAutoConfiguration.class))
			.withPropertyValues("spring.datasource.url=" + database.getUrl(), "lockkeeper.mode=self",
					"spring.liquibase.change-log=file:" + Applications.changeLog(this.directory.resolve("one.sql"),
							"me:one\ncreate table one (id int primary key);"));
	}

}
