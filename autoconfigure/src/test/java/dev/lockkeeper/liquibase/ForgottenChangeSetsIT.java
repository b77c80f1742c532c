// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;

import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A process that serves keeps no change sets in its memory, and reads them again when the
 * history has changed.
 */
class ForgottenChangeSetsIT {

	private static final String NEWER = "INSERT INTO databasechangelog (id, author, filename, dateexecuted, "
			+ "orderexecuted, exectype) SELECT 'newer', author, filename, now(), orderexecuted + 1, exectype "
			+ "FROM databasechangelog ORDER BY orderexecuted DESC LIMIT 1";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class, LiquibaseAutoConfiguration.class,
				DataSourceAutoConfiguration.class))
		.withPropertyValues("spring.datasource.url=" + this.database.getUrl(),
				"lockkeeper.readiness.refresh-interval=1h");

	@Test
	void aProcessThatServesKeepsNone() {
		migrated("one").run((context) -> {
			assertThat(context).hasNotFailed();
			SchemaGate gate = context.getBean(SchemaGate.class);
			assertThat(refreshed(gate).status()).isEqualTo(SchemaStatus.CURRENT);
			awaitForgotten();
			int before = WitnessChange.countCreated();
			assertThat(refreshed(gate).status()).isEqualTo(SchemaStatus.CURRENT);
			assertThat(WitnessChange.countCreated()).as("nothing has changed").isEqualTo(before);
			this.database.execute(NEWER);
			assertThat(refreshed(gate).status()).isEqualTo(SchemaStatus.AHEAD);
			assertThat(WitnessChange.countCreated()).isGreaterThan(before);
			awaitForgotten();
		});
	}

	private static void awaitForgotten() {
		Awaitility.await("no change set is in memory").atMost(Duration.ofMinutes(1)).until(WitnessChange::areCollected);
	}

	@Test
	void aProcessThatIsNotReadyReadsThemOnce() {
		migrated("one").run((context) -> assertThat(context).hasNotFailed());
		migrated("one", "two").withPropertyValues("lockkeeper.mode=defer", "lockkeeper.defer.startup=serve")
			.run((context) -> {
				SchemaGate gate = context.getBean(SchemaGate.class);
				assertThat(refreshed(gate).status()).isEqualTo(SchemaStatus.PENDING);
				int read = WitnessChange.countCreated();
				assertThat(refreshed(gate).status()).isEqualTo(SchemaStatus.PENDING);
				assertThat(WitnessChange.countCreated()).isEqualTo(read);
			});
	}

	@Test
	void aChangelogThatWasReplacedUnderTheProcessLeavesItReady() {
		migrated("one").run((context) -> {
			SchemaGate gate = context.getBean(SchemaGate.class);
			assertThat(refreshed(gate).status()).isEqualTo(SchemaStatus.CURRENT);
			write("one", "two");
			this.database.execute(NEWER);
			assertThat(refreshed(gate).status()).isEqualTo(SchemaStatus.UNREADABLE);
			assertThat(refreshed(gate).problem()).contains("is another one than at the start of this process");
			assertThat(gate.isOpen()).isTrue();
			write("one");
			assertThat(refreshed(gate).status()).isEqualTo(SchemaStatus.AHEAD);
		});
	}

	private static SchemaState refreshed(SchemaGate gate) {
		gate.refresh();
		return Objects.requireNonNull(gate.getStates().get("liquibase"));
	}

	@Test
	void aProcessKeepsAChangelogThatIsNoPartOfTheApplication() {
		this.runner.withPropertyValues("spring.liquibase.change-log=file:" + write("one")).run((context) -> {
			SchemaGate gate = context.getBean(SchemaGate.class);
			assertThat(refreshed(gate).status()).isEqualTo(SchemaStatus.CURRENT);
			write("one", "two");
			this.database.execute(NEWER);
			assertThat(refreshed(gate).status()).isEqualTo(SchemaStatus.AHEAD);
		});
	}

	private ApplicationContextRunner migrated(String... tables) {
		write(tables);
		return this.runner.withClassLoader(classLoader())
			.withPropertyValues("spring.liquibase.change-log=classpath:witnessed.yaml");
	}

	private ClassLoader classLoader() {
		try {
			return new URLClassLoader(new URL[] { this.directory.toUri().toURL() }, getClass().getClassLoader());
		}
		catch (MalformedURLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private Path write(String... tables) {
		StringBuilder changeLog = new StringBuilder("databaseChangeLog:\n");
		for (String table : tables) {
			changeLog.append("""
					- changeSet:
					    id: %s
					    author: me
					    changes:
					      - customChange: { class: %s }
					      - sql: { sql: "create table %s (id int primary key)" }
					""".formatted(table, WitnessChange.class.getName(), table));
		}
		try {
			return Files.writeString(this.directory.resolve("witnessed.yaml"), changeLog);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
