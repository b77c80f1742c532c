// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;

import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.process.Applications;
import dev.lockkeeper.schema.LockHolder;
import dev.lockkeeper.schema.SchemaInspection;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A process that serves notices each change of the history, although it reads the whole
 * history only then.
 */
class HistoryMarkIT {

	private static final Duration ALWAYS_OLD = Duration.ofSeconds(-1);

	private static final String ONE = "me:one\ncreate table one (id int primary key);";

	private static final String TWO = "me:two\ncreate table two (id int primary key);";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class, LiquibaseAutoConfiguration.class,
				DataSourceAutoConfiguration.class))
		.withPropertyValues("spring.datasource.url=" + this.database.getUrl());

	@Test
	void aRowThatWentWhileAnotherCameIsNoticed() {
		serving((gate) -> {
			this.database.execute("UPDATE databasechangelog SET id = 'other' WHERE id = 'two'");
			assertThat(refreshed(gate).pending()).singleElement().asString().contains("two");
			this.database.execute("UPDATE databasechangelog SET id = 'two' WHERE id = 'other'");
			assertThat(inspected(gate).status()).isEqualTo(SchemaStatus.CURRENT);
			this.database.execute("UPDATE databasechangelog SET id = 'other' WHERE id = 'two'");
			assertThat(inspected(gate).pending()).singleElement().asString().contains("two");
		});
	}

	@Test
	void aChecksumThatWasChangedByHandIsNoticed() {
		serving((gate) -> {
			change("9:0123456789abcdef0123456789abcdef");
			assertThat(refreshed(gate).status()).isEqualTo(SchemaStatus.CHANGED);
			assertThat(gate.isOpen()).isTrue();
			this.database.execute("UPDATE databasechangelog SET md5sum = NULL");
			assertThat(inspected(gate).status()).isEqualTo(SchemaStatus.CURRENT);
			change("9:0123456789abcdef0123456789abcdef");
			assertThat(inspected(gate).changed()).singleElement().asString().contains("one");
		});
	}

	private void change(String checksum) {
		this.database.execute("UPDATE databasechangelog SET md5sum = '%s' WHERE id = 'one'".formatted(checksum));
	}

	@Test
	void aTagIsNoticed() {
		serving((gate) -> {
			this.database.execute("UPDATE databasechangelog SET tag = 'v1' WHERE id = 'two'");
			assertThat(Objects.requireNonNull(inspected(gate).version()).tag()).isEqualTo("v1");
		});
	}

	@Test
	void anAnswerHasTheHolderOfEachLockAlthoughTheHistoryIsTheSame() {
		serving((gate) -> {
			this.database
				.execute("UPDATE databasechangeloglock SET locked = true, lockedby = 'elsewhere', lockgranted = now()");
			assertThat(holder(inspected(gate))).isEqualTo("elsewhere");
			this.database.execute("UPDATE databasechangeloglock SET locked = false, lockedby = NULL");
			assertThat(inspected(gate).lock()).isNull();
			this.database.execute("UPDATE lockkeeper_lock SET locked_by = 'a governed one', "
					+ "lock_until = timezone('utc', now()) + interval '1 h'");
			assertThat(holder(inspected(gate))).isEqualTo("a governed one");
		});
	}

	private static String holder(SchemaState state) {
		LockHolder holder = Objects.requireNonNull(state.lock());
		return holder.holder();
	}

	private void serving(Consumer<SchemaGate> test) {
		this.runner
			.withPropertyValues("spring.liquibase.change-log=file:"
					+ Applications.changeLog(this.directory.resolve("marked.sql"), ONE, TWO))
			.run((context) -> {
				SchemaGate gate = gate(context);
				assertThat(inspected(gate).status()).isEqualTo(SchemaStatus.CURRENT);
				assertThat(refreshed(gate).status()).isEqualTo(SchemaStatus.CURRENT);
				test.accept(gate);
			});
	}

	private static SchemaGate gate(AssertableApplicationContext context) {
		assertThat(context).hasNotFailed();
		return context.getBean(SchemaGate.class);
	}

	private static SchemaState refreshed(SchemaGate gate) {
		gate.refresh();
		return Objects.requireNonNull(gate.getStates().get("liquibase"));
	}

	private static SchemaState inspected(SchemaGate gate) {
		SchemaInspection inspection = Objects.requireNonNull(gate.inspect("liquibase", ALWAYS_OLD));
		return inspection.state();
	}

}
