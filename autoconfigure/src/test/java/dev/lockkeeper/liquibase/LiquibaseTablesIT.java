// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;

import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.exit.Verdict;
import dev.lockkeeper.process.Applications;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A failure of the history table, of the lock table or of the lease is no failure of a
 * change set.
 */
class LiquibaseTablesIT {

	private static final String ONE = "me:one\ncreate table one (id int primary key);";

	private static final String REFUSAL = "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
			+ "$$ BEGIN RAISE 'not in this table'; END $$";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class, LiquibaseAutoConfiguration.class,
				DataSourceAutoConfiguration.class))
		.withPropertyValues("spring.datasource.url=" + this.database.getUrl(), "lockkeeper.mode=self");

	@Test
	void aHistoryTableThatIsNoneOfLiquibaseIsNamed() {
		this.database.execute("CREATE TABLE databasechangelog (id text, author text)");
		Verdict verdict = verdict(ONE);
		assertNoChangeSet(verdict, ExitStatus.CONFIG);
		assertThat(verdict.message()).contains("history table public.databasechangelog", "does not exist");
	}

	@Test
	void aRowThatTheHistoryRefusesIsNoFailureOfItsChangeSet() {
		verdictOrNull(ONE);
		this.database.execute(REFUSAL,
				"CREATE TRIGGER refusing BEFORE INSERT ON databasechangelog FOR EACH ROW EXECUTE FUNCTION refuse()");
		Verdict verdict = verdict(ONE, "me:two\ncreate table two (id int primary key);");
		assertNoChangeSet(verdict, ExitStatus.CONFIG);
		assertThat(verdict.message()).contains("changes.sql::two::me was not recorded",
				"history table public.databasechangelog", "not in this table");
		assertThat(verdict.sqlState()).isEqualTo("P0001");
		assertThat(this.database.query("SELECT to_regclass('two') IS NULL")).containsExactly("t");
	}

	@Test
	void aChangeSetThatFailsAlikeIsOne() {
		verdictOrNull(ONE);
		this.database.execute(REFUSAL,
				"CREATE TRIGGER refusing BEFORE INSERT ON one FOR EACH ROW EXECUTE FUNCTION refuse()");
		Verdict verdict = verdict(ONE, "me:two\ninsert into one values (1);");
		assertThat(verdict.status()).isEqualTo(ExitStatus.MIGRATION);
		assertThat(verdict.message()).contains("changes.sql::two::me failed: ERROR: not in this table");
	}

	@Test
	void aHistoryThatDoesNotAnswerInTimeIsNotAvailable() throws Exception {
		verdictOrNull(ONE);
		try (Connection altering = this.database.open(); Statement statement = altering.createStatement()) {
			altering.setAutoCommit(false);
			statement.execute("LOCK TABLE databasechangelog IN ACCESS EXCLUSIVE MODE");
			Verdict verdict = verdict(
					this.runner.withPropertyValues("lockkeeper.database-wait=1s",
							"spring.datasource.url=" + this.database.getUrl() + "&options=-c%20statement_timeout=500"),
					ONE);
			assertNoChangeSet(verdict, ExitStatus.UNAVAILABLE);
			assertThat(verdict.sqlState()).isEqualTo("57014");
		}
	}

	@Test
	void aRightThatIsMissingForTheRowIsNoFailureOfTheChangeSet() {
		verdictOrNull(ONE);
		String role = this.database.getServer().createRole("secret");
		this.database.execute("GRANT USAGE, CREATE ON SCHEMA public TO " + role,
				"GRANT ALL ON ALL TABLES IN SCHEMA public TO " + role,
				"REVOKE INSERT ON databasechangelog FROM " + role);
		Verdict verdict = verdict(
				this.runner.withPropertyValues("spring.datasource.url=" + this.database.getPlainUrl(),
						"spring.datasource.username=" + role, "spring.datasource.password=secret"),
				ONE, "me:two\ncreate table two (id int primary key);");
		assertNoChangeSet(verdict, ExitStatus.PERMISSION);
		assertThat(verdict.message()).contains("::two::me was not recorded", "databasechangelog");
	}

	@Test
	void anIdThatDoesNotFitIsAMatterOfTheChangelog() {
		Verdict verdict = verdict("me:%s\nselect 1;".formatted("x".repeat(256)));
		assertThat(verdict.status()).isEqualTo(ExitStatus.CHANGELOG);
		assertThat(verdict.message()).contains("was not recorded", "history table public.databasechangelog");
		assertThat(verdict.action()).contains("Shorten");
	}

	@Test
	void aLockTableThatIsNoneOfLiquibaseIsNamed() {
		this.database.execute("CREATE TABLE databasechangeloglock (id int)");
		Verdict verdict = verdict(ONE);
		assertNoChangeSet(verdict, ExitStatus.CONFIG);
		assertThat(verdict.message()).contains("lock table public.databasechangeloglock");
	}

	@Test
	void aLeaseThatCannotBeWrittenIsNamed() {
		this.database.execute("CREATE TABLE lockkeeper_lock (name text, lock_until int)");
		Verdict verdict = verdict(ONE);
		assertNoChangeSet(verdict, ExitStatus.CONFIG);
		assertThat(verdict.message()).contains("public.lockkeeper_lock");
	}

	@Test
	void aFailureBeforeAnyChangeSetBlamesNone() {
		this.database.execute("CREATE TABLE precious (id int)",
				"CREATE FUNCTION keep() RETURNS event_trigger LANGUAGE plpgsql AS "
						+ "$$ BEGIN RAISE 'nothing is dropped here'; END $$",
				"CREATE EVENT TRIGGER keeping ON ddl_command_start WHEN TAG IN ('DROP TABLE') "
						+ "EXECUTE FUNCTION keep()");
		AtomicReference<@Nullable Throwable> failed = new AtomicReference<>();
		this.runner
			.withPropertyValues("spring.liquibase.drop-first=true",
					"spring.liquibase.change-log=file:"
							+ Applications.changeLog(this.directory.resolve("changes.sql"), ONE))
			.run((context) -> failed.set(context.getStartupFailure()));
		Verdict verdict = Objects.requireNonNull(LockkeeperException.findIn(failed.get())).toVerdict();
		assertThat(verdict.message()).contains("nothing is dropped here");
		assertThat(verdict.changeSet()).isNull();
		assertThat(verdict.action()).doesNotContain("Correct the change set");
	}

	private static void assertNoChangeSet(Verdict verdict, ExitStatus status) {
		assertThat(verdict.status()).isEqualTo(status);
		assertThat(verdict.message()).doesNotContain("failed: ");
		assertThat(verdict.action()).doesNotContain("Correct the change set");
	}

	private Verdict verdict(String... changeSets) {
		return verdict(this.runner, changeSets);
	}

	private Verdict verdict(ApplicationContextRunner starting, String... changeSets) {
		return Objects.requireNonNull(verdictOrNull(starting, changeSets), "it has not failed");
	}

	private @Nullable Verdict verdictOrNull(String... changeSets) {
		return verdictOrNull(this.runner, changeSets);
	}

	private @Nullable Verdict verdictOrNull(ApplicationContextRunner starting, String... changeSets) {
		AtomicReference<@Nullable Throwable> failed = new AtomicReference<>();
		starting
			.withPropertyValues("spring.liquibase.change-log=file:"
					+ Applications.changeLog(this.directory.resolve("changes.sql"), changeSets))
			.run((context) -> failed.set(context.getStartupFailure()));
		if (failed.get() == null) {
			return null;
		}
		LockkeeperException failure = LockkeeperException.findIn(failed.get());
		assertThat(failure).as("of Lockkeeper: %s", failed.get()).isNotNull();
		return Objects.requireNonNull(failure).toVerdict();
	}

}
