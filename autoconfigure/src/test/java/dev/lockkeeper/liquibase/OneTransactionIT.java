// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

import javax.sql.DataSource;

import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import liquibase.Liquibase;
import liquibase.change.custom.CustomTaskChange;
import liquibase.changelog.visitor.AbstractChangeExecListener;
import liquibase.database.Database;
import liquibase.database.jvm.JdbcConnection;
import liquibase.exception.CustomChangeException;
import liquibase.exception.LiquibaseException;
import liquibase.exception.ValidationErrors;
import liquibase.integration.spring.SpringLiquibase;
import liquibase.resource.ResourceAccessor;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.PGConnection;
import org.postgresql.PGStatement;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A change set, its row in the history and the proof of the lease are one transaction.
 */
@ExtendWith(OutputCaptureExtension.class)
class OneTransactionIT {

	private static final String NOT_COVERED = "lockkeeper - not in one transaction with its row in the history";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final ApplicationContextRunner runner = runner(this.database);

	private static ApplicationContextRunner runner(TestDatabase database) {
		return new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class,
					LiquibaseAutoConfiguration.class, DataSourceAutoConfiguration.class))
			.withPropertyValues("spring.datasource.url=" + database.getUrl(), "lockkeeper.lock.lease=60s");
	}

	@BeforeEach
	void clearProbe() {
		ProbingChange.url = this.database.getUrl();
		ProbingChange.seen.clear();
	}

	@Test
	void aChangeSetAndItsRowAreCommittedTogether() {
		String changeLog = yaml("kinds.yaml",
				"""
						- changeSet:
						    id: ddl
						    author: me
						    changes:
						      - createTable: {tableName: ddl, columns: [{column: {name: id, type: int}}]}
						      - addColumn: {tableName: ddl, columns: [{column: {name: more, type: int}}]}
						- changeSet:
						    id: rows
						    author: me
						    changes:
						      - sql: {sql: "create table rows (id int); insert into rows values (1); insert into rows values (2);"}
						- changeSet:
						    id: loaded
						    author: me
						    changes:
						      - sql: {sql: "create table loaded (id int)"}
						      - loadData: {tableName: loaded, file: dev/lockkeeper/liquibase/numbers.csv}
						- changeSet:
						    id: custom
						    author: me
						    changes:
						      - customChange: {class: "%s"}
						- changeSet:
						    id: warned
						    author: me
						    preConditions:
						      - onFail: WARN
						      - tableExists: {tableName: nowhere}
						    changes:
						      - sql: {sql: "create table warned (id int); insert into warned values (1)"}
						- changeSet:
						    id: tolerant
						    author: me
						    failOnError: false
						    changes:
						      - sql: {sql: "create table tolerant (id int); insert into tolerant values (1)"}
						"""
					.formatted(OwnTableChange.class.getName()));
		this.runner.withPropertyValues(changeLog).run((context) -> assertThat(context).hasNotFailed());
		for (String table : List.of("ddl", "rows", "loaded", "custom", "warned", "tolerant")) {
			String transaction = transactionOf(table);
			assertThat(this.database
				.query("SELECT DISTINCT xmin FROM pg_class WHERE oid = '%s'::regclass".formatted(table)))
				.as("definition of " + table)
				.containsExactly(transaction);
			if (!table.equals("ddl")) {
				assertThat(this.database.query("SELECT DISTINCT xmin FROM " + table)).as("rows of " + table)
					.containsExactly(transaction);
			}
		}
	}

	@Test
	@FullTier
	void theUpdateAfterATestedRollbackCommitsAChangeSetWithItsRow() {
		String changeLog = sql("tested.sql", "me:tested\ncreate table tested (id int);\n--rollback drop table tested;");
		this.runner.withPropertyValues(changeLog, "spring.liquibase.test-rollback-on-update=true")
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(this.database.query("SELECT xmin FROM pg_class WHERE relname = 'tested'"))
			.containsExactly(transactionOf("tested"));
	}

	@Test
	@FullTier
	void theHistoryIsThatOfLiquibase() {
		TestDatabase stock = TestPostgres.shared().createDatabase();
		String changeLog = yaml("history.yaml",
				"""
						- changeSet: {id: one, author: me, comment: the first, changes: [{sql: {sql: "create table one (id int unique)"}}]}
						- changeSet:
						    id: ran
						    author: me
						    preConditions:
						      - onFail: MARK_RAN
						      - tableExists: {tableName: nowhere}
						    changes: [{sql: {sql: "create table ran (id int)"}}]
						- changeSet:
						    id: continued
						    author: me
						    preConditions:
						      - onFail: CONTINUE
						      - tableExists: {tableName: nowhere}
						    changes: [{sql: {sql: "create table continued (id int)"}}]
						- changeSet:
						    id: warned
						    author: me
						    preConditions:
						      - onFail: WARN
						      - tableExists: {tableName: nowhere}
						    changes: [{sql: {sql: "insert into one values (3)"}}]
						- changeSet: {id: failed, author: me, failOnError: false, changes: [{sql: {sql: "insert into nowhere values (3)"}}]}
						- changeSet: {id: other, author: me, dbms: h2, changes: [{sql: {sql: "insert into one values (4)"}}]}
						- changeSet: {id: skipped, author: me, changes: [{sql: {dbms: h2, sql: "insert into one values (4)"}}]}
						- changeSet: {id: always, author: me, runAlways: true, changes: [{sql: {sql: "insert into one select count(*) + 10 from one"}}]}
						- changeSet: {id: view, author: me, runOnChange: true, changes: [{sql: {sql: "create or replace view v as select id from one"}}]}
						- changeSet: {id: apart, author: me, runInTransaction: false, changes: [{sql: {sql: "create index concurrently i on one (id)"}}]}
						- changeSet: {id: tagged, author: me, changes: [{tagDatabase: {tag: v1}}]}
						- changeSet: {id: empty, author: me}
						- changeSet: {id: last, author: me, changes: [{sql: {sql: "insert into one values (9)"}}]}
						""");
		for (int run = 0; run < 2; run++) {
			this.runner.withPropertyValues(changeLog).run((context) -> assertThat(context).hasNotFailed());
			runner(stock).withPropertyValues(changeLog, "lockkeeper.enabled=false")
				.run((context) -> assertThat(context).hasNotFailed());
			assertThat(history(this.database)).as("run " + run).isEqualTo(history(stock)).hasSizeGreaterThan(8);
			assertThat(this.database.query("SELECT id FROM one ORDER BY id"))
				.isEqualTo(stock.query("SELECT id FROM one ORDER BY id"));
		}
	}

	@Test
	void aDeferredConstraintIsCheckedWhereLiquibaseCouldIgnoreIt() {
		this.database.execute("CREATE TABLE parent (id int primary key)",
				"CREATE TABLE child (id int references parent deferrable initially deferred)");
		this.runner
			.withPropertyValues(sql("deferred.sql", "me:orphan failOnError:false\ninsert into child values (1);",
					"me:next\ninsert into parent values (2);"))
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(this.database.query("SELECT id || ' ' || exectype FROM databasechangelog ORDER BY orderexecuted"))
			.containsExactly("next EXECUTED");
		assertThat(this.database.query("SELECT id FROM child")).isEmpty();
	}

	@Test
	void settingsOfTheTransactionDoNotObstructTheRow() {
		String role = this.database.getServer().createRole("secret");
		this.database.execute("CREATE SCHEMA elsewhere", "GRANT ALL ON SCHEMA elsewhere TO " + role);
		this.runner
			.withPropertyValues(sql("local.sql",
					"me:local\nset local role %s;\nset local search_path = elsewhere;\ncreate table theirs (id int);"
						.formatted(role),
					"me:after\ncreate table after as select current_user::text as name;"))
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(this.database.query("SELECT tableowner FROM pg_tables WHERE tablename = 'theirs'"))
			.containsExactly(role);
		assertThat(this.database.query("SELECT name FROM after")).doesNotContain(role).hasSize(1);
	}

	@Test
	void nothingIsCommittedUnderALostLease() {
		CompletableFuture<Void> thief = CompletableFuture.runAsync(() -> {
			Awaitility.await()
				.atMost(Duration.ofMinutes(1))
				.until(() -> !this.database.query(
						"SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(2)%' AND pid <> pg_backend_pid() "
								+ "AND state = 'active' AND datname = current_database()")
					.isEmpty());
			this.database.execute("UPDATE lockkeeper_lock SET locked_by = 'thief', "
					+ "lock_until = timezone('utc', clock_timestamp()) + interval '1 h'");
		});
		this.runner
			.withPropertyValues(sql("lost.sql", "me:before\ncreate table before (id int);",
					"me:lost\ncreate table lost (id int);\nselect pg_sleep(2);"))
			.run((context) -> {
				LockkeeperException failure = failure(context);
				assertThat(failure.getStatus()).isEqualTo(ExitStatus.TEMPORARY);
				assertThat(failure).hasMessageContaining("the lease was lost");
			});
		thief.join();
		assertThat(this.database.query("SELECT id FROM databasechangelog")).containsExactly("before");
		assertThat(this.database.query("SELECT tablename FROM pg_tables WHERE tablename = 'lost'")).isEmpty();
		assertThat(this.database.query("SELECT locked_by FROM lockkeeper_lock")).containsExactly("thief");
		assertThat(this.database.query("SELECT locked FROM databasechangeloglock")).containsExactly("f");
		awaitNoSessions();
	}

	@Test
	void aRowThatCannotBeWrittenTakesItsChangeSetWithIt() {
		this.runner.withPropertyValues(sql("first.sql", "me:first\ncreate table first (id int);"))
			.run((context) -> assertThat(context).hasNotFailed());
		this.database.execute("ALTER TABLE databasechangelog ADD CHECK (id <> 'second')");
		this.runner
			.withPropertyValues(sql("first.sql", "me:first\ncreate table first (id int);",
					"me:second\ncreate table second (id int);", "me:third\ncreate table third (id int);"))
			.run((context) -> {
				LockkeeperException failure = failure(context);
				assertThat(failure.getStatus()).isEqualTo(ExitStatus.CONFIG);
				assertThat(failure).hasMessageContaining("was not recorded. The history table");
				assertThat(failure.toVerdict().sqlState()).isEqualTo("23514");
			});
		assertThat(this.database.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"))
			.containsExactly("databasechangelog", "databasechangeloglock", "first", "lockkeeper_level",
					"lockkeeper_lock", "lockkeeper_run", "lockkeeper_script");
		assertThat(this.database.query("SELECT locked FROM databasechangeloglock")).containsExactly("f");
	}

	@Test
	void aChangeThatRollsBackWhatItHasCommittedLeavesNothing() {
		this.runner.withPropertyValues(yaml("rolled-back.yaml", """
				- changeSet:
				    id: rolled-back
				    author: me
				    failOnError: false
				    changes:
				      - customChange: {class: "%s"}
				- changeSet: {id: next, author: me, changes: [{sql: {sql: "create table next (id int)"}}]}
				""".formatted(RollingBackChange.class.getName()))).run((context) -> {
			LockkeeperException failure = failure(context);
			assertThat(failure).hasMessageContaining("rolled back after Liquibase had taken it for committed");
		});
		assertThat(this.database.query("SELECT id FROM databasechangelog")).isEmpty();
		assertThat(this.database.query("SELECT tablename FROM pg_tables WHERE tablename IN ('custom', 'next')"))
			.isEmpty();
	}

	@Test
	void aConnectionLostAfterADeferredCommitIsAReasonToStartAgain() {
		this.runner.withPropertyValues(yaml("swallowed.yaml", """
				- changeSet: {id: swallowed, author: me, changes: [{customChange: {class: "%s"}}]}
				- changeSet: {id: next, author: me, changes: [{sql: {sql: "create table next (id int)"}}]}
				""".formatted(SwallowingChange.class.getName()))).run((context) -> {
			LockkeeperException failure = failure(context);
			assertThat(failure.getStatus()).isEqualTo(ExitStatus.TEMPORARY);
		});
		assertThat(this.database.query("SELECT id FROM databasechangelog")).isEmpty();
		assertThat(this.database.query("SELECT tablename FROM pg_tables WHERE tablename IN ('custom', 'next')"))
			.isEmpty();
	}

	@Test
	void aReplacedListenerIsNoticedBeforeAnythingIsCommitted() {
		this.runner.withUserConfiguration(ReplacingConfiguration.class)
			.withPropertyValues("replacing=" + path(sql("replaced.sql", "me:one\ncreate table one (id int);")))
			.run((context) -> {
				LockkeeperException failure = failure(context);
				assertThat(failure).hasMessageContaining("ChangeExecListener");
			});
		assertThat(this.database.query("SELECT tablename FROM pg_tables WHERE tablename = 'one'")).isEmpty();
	}

	@Test
	void warnsOfWhatCannotBeCovered(CapturedOutput output) {
		this.runner
			.withPropertyValues(yaml("uncovered.yaml",
					"""
							- changeSet: {id: covered, author: me, changes: [{sql: {sql: "create table covered (id int)"}}]}
							- changeSet: {id: commits, author: me, changes: [{sql: {sql: "create table commits (id int); commit; create table more (id int)"}}]}
							- changeSet: {id: elsewhere, author: me, changes: [{customChange: {class: "%s"}}]}
							- changeSet: {id: here, author: me, changes: [{customChange: {class: "%s"}}]}
							"""
						.formatted(ElsewhereChange.class.getName(), OwnTableChange.class.getName())))
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(output.getOut().lines().filter((line) -> line.contains(NOT_COVERED)).toList()).hasSize(2)
			.satisfiesExactly((line) -> assertThat(line).contains("::commits::me: its SQL ends the transaction"),
					(line) -> assertThat(line).contains("::elsewhere::me: customChange executes nothing"));
		assertThat(this.database.query("SELECT id FROM databasechangelog ORDER BY orderexecuted"))
			.containsExactly("covered", "commits", "elsewhere", "here");
	}

	@Test
	void theConnectionUnwrapsToThatOfTheDriver() {
		this.runner.withPropertyValues(yaml("probe.yaml", """
				- changeSet: {id: probe, author: me, changes: [{customChange: {class: "%s"}}]}
				""".formatted(ProbingChange.class.getName()))).run((context) -> assertThat(context).hasNotFailed());
		assertThat(ProbingChange.seen).containsExactly("statement true", "prepared true",
				"statement of the driver true", "rows true", "metadata true", "itself true", "other false",
				"driver true", "copied 2");
	}

	@Test
	void theSessionIsRecordedWhileItWorksAndForgottenAfterwards() {
		this.runner
			.withPropertyValues(sql("recorded.sql",
					"me:recorded\ncreate table seen as select backend_pid = pg_backend_pid() as mine, backend_start = "
							+ "(select backend_start from pg_stat_activity where pid = pg_backend_pid()) as since, "
							+ "current_setting('client_connection_check_interval') as checked from lockkeeper_lock;"))
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(this.database.query("SELECT mine || ' ' || since || ' ' || checked FROM seen"))
			.containsExactly("true true 2s");
		assertThat(this.database.query("SELECT backend_pid FROM lockkeeper_lock")).containsExactly("null");
	}

	private static LockkeeperException failure(AssertableApplicationContext context) {
		LockkeeperException failure = LockkeeperException.findIn(context.getStartupFailure());
		return Objects.requireNonNull(failure, () -> "No failure but " + context.getStartupFailure());
	}

	private void awaitNoSessions() {
		this.database.awaitNoSessions();
	}

	private String transactionOf(String changeSet) {
		return this.database.query("SELECT xmin FROM databasechangelog WHERE id = '%s'".formatted(changeSet)).get(0);
	}

	private static List<String> history(TestDatabase database) {
		return database.query("SELECT concat_ws('|', id, author, filename, orderexecuted, exectype, md5sum, "
				+ "description, comments, tag, liquibase, contexts, labels) FROM databasechangelog "
				+ "ORDER BY orderexecuted, id");
	}

	private String sql(String name, String... changeSets) {
		StringBuilder text = new StringBuilder("--liquibase formatted sql\n");
		for (String changeSet : changeSets) {
			text.append("\n--changeset ").append(changeSet).append('\n');
		}
		return "spring.liquibase.change-log=file:" + write(name, text.toString());
	}

	private String yaml(String name, String changeSets) {
		return "spring.liquibase.change-log=file:" + write(name, "databaseChangeLog:\n" + changeSets.indent(2));
	}

	private static String path(String property) {
		return property.substring(property.indexOf('=') + 1);
	}

	private Path write(String name, String text) {
		try {
			return Files.writeString(this.directory.resolve(name), text);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Configuration(proxyBeanMethods = false)
	static class ReplacingConfiguration {

		@Bean
		SpringLiquibase replacing(DataSource dataSource, Environment environment) {
			SpringLiquibase liquibase = new SpringLiquibase() {

				@Override
				protected void performUpdate(Liquibase liquibase) throws LiquibaseException {
					liquibase.setChangeExecListener(new AbstractChangeExecListener() {
					});
					super.performUpdate(liquibase);
				}

			};
			liquibase.setDataSource(dataSource);
			liquibase.setChangeLog(environment.getRequiredProperty("replacing"));
			return liquibase;
		}

	}

	/**
	 * A change in Java.
	 */
	public abstract static class JavaChange implements CustomTaskChange {

		@Override
		public void execute(Database database) throws CustomChangeException {
			try {
				execute(((JdbcConnection) database.getConnection()).getUnderlyingConnection());
			}
			catch (Exception ex) {
				throw new CustomChangeException(ex);
			}
		}

		abstract void execute(Connection connection) throws Exception;

		@Override
		public String getConfirmationMessage() {
			return "done";
		}

		@Override
		public void setUp() {
		}

		@Override
		public void setFileOpener(@Nullable ResourceAccessor resourceAccessor) {
		}

		@Override
		public ValidationErrors validate(Database database) {
			return new ValidationErrors();
		}

	}

	/**
	 * Works on the connection of the run.
	 */
	public static class OwnTableChange extends JavaChange {

		@Override
		void execute(Connection connection) throws SQLException {
			try (Statement statement = connection.createStatement()) {
				statement.execute("CREATE TABLE IF NOT EXISTS custom (id int)");
				statement.execute("INSERT INTO custom VALUES (1)");
			}
		}

	}

	/**
	 * Works on a connection of its own.
	 */
	public static class ElsewhereChange extends JavaChange {

		@Override
		void execute(Connection connection) throws SQLException {
			try (Connection other = DriverManager.getConnection(ProbingChange.url);
					Statement statement = other.createStatement()) {
				statement.execute("CREATE TABLE elsewhere (id int)");
			}
		}

	}

	/**
	 * Commits, and then rolls back.
	 */
	public static class RollingBackChange extends OwnTableChange {

		@Override
		void execute(Connection connection) throws SQLException {
			super.execute(connection);
			connection.commit();
			connection.rollback();
		}

	}

	/**
	 * Commits, loses its connection, and hides that.
	 */
	public static class SwallowingChange extends OwnTableChange {

		@Override
		void execute(Connection connection) throws SQLException {
			super.execute(connection);
			connection.commit();
			try (Statement statement = connection.createStatement()) {
				statement.execute("SELECT pg_terminate_backend(pg_backend_pid())");
			}
			catch (SQLException ex) {
				connection.rollback();
			}
		}

	}

	/**
	 * Unwraps the connection.
	 */
	public static class ProbingChange extends JavaChange {

		static final List<String> seen = new ArrayList<>();

		static String url = "";

		@Override
		void execute(Connection connection) throws Exception {
			try (Statement statement = connection.createStatement();
					var prepared = connection.prepareStatement("SELECT 1");
					var rows = prepared.executeQuery()) {
				seen.add("statement " + (statement.getConnection() == connection));
				seen.add("prepared " + (prepared.getConnection() == connection));
				seen.add("statement of the driver " + (prepared.unwrap(PGStatement.class) != null));
				seen.add("rows " + (rows.getStatement() == prepared));
				seen.add("metadata " + (connection.getMetaData().getConnection() == connection));
				seen.add("itself " + List.of(connection).contains(statement.getConnection()));
				seen.add("other " + List.of(connection).contains(statement));
				seen.add("driver " + connection.isWrapperFor(PGConnection.class));
				statement.execute("CREATE TABLE copied (id int)");
				seen.add("copied " + connection.unwrap(PGConnection.class)
					.getCopyAPI()
					.copyIn("COPY copied FROM STDIN", new java.io.StringReader("1\n2\n")));
			}
		}

	}

}
