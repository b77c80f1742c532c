// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.ledger;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.process.Applications;
import dev.lockkeeper.schema.RunRecord;
import dev.lockkeeper.schema.SchemaInspection;
import dev.lockkeeper.schema.TimesBlocked;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A database that has the tables of version 0.1.0 is migrated by this version, and
 * processes of version 0.1.0 go on beside it. The statements are those of 0.1.0, and are
 * never changed here.
 */
class OwnTableVersionsIT {

	private static final String[] TABLES = { """
			CREATE TABLE lockkeeper_lock (name VARCHAR(255) NOT NULL PRIMARY KEY, lock_until TIMESTAMP NOT NULL,
				locked_at TIMESTAMP NOT NULL, locked_by VARCHAR(255) NOT NULL, backend_pid INTEGER,
				backend_start TIMESTAMP WITH TIME ZONE)
			""", """
			CREATE TABLE lockkeeper_run (run_id VARCHAR(36) NOT NULL PRIMARY KEY, run_number BIGINT NOT NULL,
				history VARCHAR(255) NOT NULL, lock_name VARCHAR(255) NOT NULL, schema_name VARCHAR(255) NOT NULL,
				run_mode VARCHAR(20) NOT NULL, application VARCHAR(255) NOT NULL, version VARCHAR(255),
				host VARCHAR(255) NOT NULL, holder VARCHAR(255), code_level VARCHAR(64), pending INTEGER NOT NULL,
				history_rows INTEGER NOT NULL, from_version VARCHAR(1000), to_version VARCHAR(1000), applied INTEGER,
				status VARCHAR(20), code INTEGER, change_set_id VARCHAR(255), change_set_author VARCHAR(255),
				change_set_file VARCHAR(255), sql_state VARCHAR(10), message VARCHAR(2000),
				lock_wait_ms BIGINT NOT NULL, started_at TIMESTAMP NOT NULL, finished_at TIMESTAMP)
			""", """
			CREATE TABLE lockkeeper_level (history VARCHAR(255) NOT NULL, level VARCHAR(64) NOT NULL,
				reached_at TIMESTAMP NOT NULL, PRIMARY KEY (history, level))
			""", """
			CREATE TABLE lockkeeper_intent (history VARCHAR(255) NOT NULL, id VARCHAR(255) NOT NULL,
				author VARCHAR(255) NOT NULL, filename VARCHAR(255) NOT NULL, checksum VARCHAR(64),
				holder VARCHAR(255) NOT NULL, written_at TIMESTAMP NOT NULL, done INTEGER NOT NULL,
				done_digest VARCHAR(64) NOT NULL, digest VARCHAR(64), kind VARCHAR(32), subject TEXT, statement TEXT,
				before TEXT, outcome VARCHAR(8) CHECK (outcome IN ('done', 'not done')),
				PRIMARY KEY (history, id, author, filename))
			""" };

	private static final String RUN = """
			INSERT INTO lockkeeper_run (run_id, run_number, history, lock_name, schema_name, run_mode, application,
				version, host, holder, code_level, pending, history_rows, from_version, lock_wait_ms, started_at)
			VALUES ('%s', %d, 'public.databasechangelog', 'public.databasechangeloglock', 'liquibase', 'SELF', 'shop',
				NULL, 'pod', 'shop pod/%1$s', NULL, 1, 0, NULL, 0, timezone('utc', now()))
			""";

	private static final String END = """
			UPDATE lockkeeper_run SET status = 'DONE', code = 0, applied = 1, to_version = NULL, change_set_id = NULL,
				change_set_author = NULL, change_set_file = NULL, sql_state = NULL, message = NULL,
				finished_at = timezone('utc', now()), lock_wait_ms = coalesce(NULL, lock_wait_ms) WHERE run_id = '%s'
			""";

	private static final String READ = """
			SELECT r.run_id || ' ' || coalesce(r.status, 'open') || ' '
				|| CASE WHEN l.lock_until > timezone('utc', clock_timestamp()) THEN 1 ELSE 0 END
			FROM lockkeeper_run r LEFT JOIN lockkeeper_lock l ON l.name = r.lock_name AND l.locked_by = r.holder
			WHERE r.history = 'public.databasechangelog' ORDER BY r.run_number DESC
			""";

	private static final String FENCED = "SELECT run_number || ' ' || coalesce(fenced::text, 'null') FROM lockkeeper_run "
			+ "ORDER BY run_number";

	private static final String COLUMNS = "SELECT attname FROM pg_attribute WHERE attrelid = 'lockkeeper_run'::regclass "
			+ "AND attname IN ('fenced', 'times_blocked', 'last_blocked') ORDER BY attnum";

	private static final String ONE = "me:one\ncreate table one (id int primary key);";

	private static final String HELD = "me:held\nselect pg_advisory_xact_lock(42);";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class, LiquibaseAutoConfiguration.class,
				DataSourceAutoConfiguration.class))
		.withPropertyValues("spring.application.name=harbour");

	private void createTables() {
		this.database.execute(TABLES);
		this.database.execute(RUN.formatted("old", 1), END.formatted("old"));
	}

	@Test
	void theFirstRunThatHoldsTheLeaseAddsTheColumnsAndOldProcessesGoOn() throws Exception {
		createTables();
		try (Connection blocker = this.database.open(); Statement statement = blocker.createStatement()) {
			statement.execute("SELECT pg_advisory_lock(42)");
			CompletableFuture<Void> run = CompletableFuture
				.runAsync(() -> owner(ONE, HELD).run((context) -> assertThat(context).hasNotFailed()));
			Awaitility.await("the columns are there while the run is in progress")
				.atMost(Applications.START)
				.until(() -> this.database.query(COLUMNS),
						(columns) -> columns.equals(List.of("fenced", "times_blocked", "last_blocked")));
			Awaitility.await("the row of the run")
				.atMost(Applications.START)
				.until(() -> this.database.query(FENCED), (rows) -> rows.equals(List.of("1 null", "2 true")));
			assertThat(this.database.query(READ)).as("a reader of 0.1.0")
				.satisfiesExactly((row) -> assertThat(row).endsWith(" open 1"),
						(row) -> assertThat(row).isEqualTo("old DONE 0"));
			statement.execute("SELECT pg_advisory_unlock(42)");
			run.join();
		}
		this.database.execute(RUN.formatted("older", 3));
		assertThat(this.database.query(READ)).as("a writer of 0.1.0").first().isEqualTo("older open 0");
		this.database.execute(END.formatted("older"));
		owner(ONE, HELD).run((context) -> assertThat(runs(context)).extracting((record) -> record.start().fenced())
			.containsExactly(null, true, null));
	}

	private static List<RunRecord> runs(BeanFactory context) {
		SchemaInspection inspection = context.getBean(SchemaGate.class).inspect("liquibase", Duration.ofSeconds(-1));
		return Objects.requireNonNull(inspection).runs();
	}

	@Test
	void aProcessThatOnlyReadsReadsATableOfTheFirstVersion() {
		owner(ONE).run((context) -> assertThat(context).hasNotFailed());
		this.database.execute("ALTER TABLE lockkeeper_run DROP COLUMN fenced, DROP COLUMN times_blocked, "
				+ "DROP COLUMN last_blocked");
		owner(ONE).run((context) -> {
			assertThat(runs(context)).singleElement()
				.satisfies((record) -> assertThat(record.start().fenced()).isNull())
				.satisfies((record) -> assertThat(record.start().blocked()).isEqualTo(TimesBlocked.NONE));
			assertThat(this.database.query(COLUMNS)).as("nothing was to do").isEmpty();
		});
	}

	@Test
	void whereTheTableBelongsToAnotherLoginTheLedgerGoesOnWithoutTheColumns() {
		createTables();
		String role = this.database.getServer().createRole("secret");
		this.database.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO " + role,
				"GRANT ALL ON SCHEMA public TO " + role);
		this.runner
			.withPropertyValues("spring.datasource.url=" + this.database.getPlainUrl(),
					"spring.datasource.username=" + role, "spring.datasource.password=secret", changeLog(ONE))
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(this.database.query(COLUMNS)).isEmpty();
		assertThat(this.database.query("SELECT status FROM lockkeeper_run ORDER BY run_number")).containsExactly("DONE",
				"DONE");
	}

	private ApplicationContextRunner owner(String... changeSets) {
		return this.runner.withPropertyValues("spring.datasource.url=" + this.database.getUrl(), changeLog(changeSets));
	}

	private String changeLog(String... changeSets) {
		return "spring.liquibase.change-log=file:"
				+ Applications.changeLog(this.directory.resolve("versions.sql"), changeSets);
	}

}
