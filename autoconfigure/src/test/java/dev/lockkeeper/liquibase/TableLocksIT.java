// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.OtherSession;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A change set waits for locks on tables only for a while, is rolled back then, and is
 * tried again.
 */
@ExtendWith(OutputCaptureExtension.class)
class TableLocksIT {

	private static final Duration LONG = Duration.ofMinutes(2);

	private static final String BLOCKED = "lockkeeper - change set %s was blocked (schema liquibase, attempt 1 of";

	private static final String MINUTE = "lockkeeper.postgresql.lock-timeout=1m";

	private static final String SETTINGS = "create table settings (id text, lock text, statement text);";

	private static final String NOTE = "insert into settings values ('%s', current_setting('lock_timeout'), "
			+ "current_setting('statement_timeout'));";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@BeforeEach
	void createTables() {
		this.database.execute("CREATE TABLE ship (id int PRIMARY KEY, name text)",
				"INSERT INTO ship VALUES (1, 'Ada'), (2, 'Bea')", "CREATE TABLE port (id int PRIMARY KEY)");
	}

	@Test
	void aBlockedChangeSetIsRolledBackAndAppliedOnceItsWayIsFree(CapturedOutput output) {
		try (OtherSession reader = begin("reporting", "SELECT name FROM ship WHERE name = 'secret'")) {
			CompletableFuture<@Nullable Throwable> run = start(
					changeLog("me:one", "create table quay (id int);\nalter table ship add column length int;"));
			awaitOutput(output, BLOCKED.formatted("changelog.sql::one::me"));
			awaitOutput(output, "; blocked by pid %d, ".formatted(reader.getPid()));
			assertThat(this.database.query("SELECT 1 FROM pg_locks l JOIN pg_class c ON c.oid = l.relation "
					+ "WHERE c.relname = 'ship' AND l.mode = 'AccessExclusiveLock'"))
				.isEmpty();
			assertThat(this.database.query("SELECT 1 FROM pg_tables WHERE tablename = 'quay'")).isEmpty();
			reader.release();
			assertThat(run.join()).isNull();
		}
		assertThat(output).contains("it did not get a lock on a table within 400ms; ",
				"application reporting, idle in transaction, in a transaction for ",
				"query: SELECT name FROM ship WHERE name = ?");
		assertThat(output).doesNotContain("secret");
		assertApplied("one EXECUTED");
	}

	@Test
	void aRunThatIsBlockedUntilTheEndOfItsAttemptsNamesTheSessionAndBothWaysOut() {
		try (OtherSession reader = begin("reporting", "SELECT * FROM ship")) {
			LockkeeperException failure = fail(
					changeLog("me:one failOnError:false", "alter table ship add length int;"),
					"lockkeeper.postgresql.lock-timeout=3s", "lockkeeper.postgresql.lock-retry.max-attempts=1");
			assertThat(failure.getStatus()).isEqualTo(ExitStatus.TEMPORARY);
			assertThat(failure).hasMessageContaining("It did not get a lock on a table within ")
				.hasMessageContaining("blocked by pid " + reader.getPid())
				.hasMessageContaining("Tried once.");
			assertThat(failure.getAction()).contains("pg_terminate_backend", "lockkeeper: lock-timeout=10s");
		}
		assertApplied();
	}

	@Test
	void aChangeSetThatMayFailIsAppliedAfterALockWaitAndNotPassedOver(CapturedOutput output) {
		try (OtherSession reader = begin("reporting", "SELECT * FROM ship")) {
			CompletableFuture<@Nullable Throwable> run = start(changeLog("me:one failOnError:false",
					"alter table ship add column length int;", "me:two", "create table quay (id int);"));
			awaitOutput(output, BLOCKED.formatted("changelog.sql::one::me"));
			assertApplied();
			reader.release();
			assertThat(run.join()).isNull();
		}
		assertApplied("one EXECUTED", "two EXECUTED");
	}

	@Test
	void anUpdateWaitsForALockedRowAsLongAsItTakes(CapturedOutput output) {
		try (OtherSession writer = begin("shop", "UPDATE ship SET name = 'Cara' WHERE id = 1")) {
			CompletableFuture<@Nullable Throwable> run = start(
					changeLog("me:one", "alter table port add column name text;\nupdate ship set name = name || '!';\n"
							+ "alter table port add column depth int;"));
			Awaitility.await()
				.atMost(LONG)
				.until(() -> !this.database
					.query("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
							+ "AND query LIKE '%update ship%' AND clock_timestamp() - query_start > interval '3 s' "
							+ "AND application_name LIKE 'lockkeeper%'")
					.isEmpty());
			writer.commit();
			assertThat(run.join()).isNull();
		}
		assertThat(output).doesNotContain("was blocked (schema");
		assertThat(this.database.query("SELECT name FROM ship ORDER BY id")).containsExactly("Cara!", "Bea!");
	}

	@Test
	void theSecondTableOfAChangeSetIsWaitedForForWhatTheFirstHasLeft() {
		succeed(changeLog("me:zero", SETTINGS));
		try (OtherSession ship = begin("reporting", "SELECT * FROM ship")) {
			CompletableFuture<@Nullable Throwable> run = start(
					changeLog("me:zero", SETTINGS, "me:one splitStatements:true endDelimiter:;;",
							"alter table ship add column length int;;\ndo $$ begin " + NOTE.formatted("one")
									+ " alter table port add column depth int; end $$;;"),
					"lockkeeper.postgresql.lock-timeout=1h");
			awaitWait("alter table ship");
			ship.release();
			assertThat(run.join()).isNull();
		}
		assertThat(this.database
			.query("SELECT lock::interval BETWEEN '57min' AND '59min 59.9s' FROM settings WHERE id = 'one'"))
			.containsExactly("t");
	}

	@Test
	void aChangeSetThatEndsADeadlockIsTriedAgain(CapturedOutput output) {
		try (OtherSession writer = begin("shop", "SET deadlock_timeout = '1h'")) {
			writer.execute("UPDATE ship SET name = 'Cara' WHERE id = 2");
			CompletableFuture<@Nullable Throwable> run = start(changeLog("me:one",
					"update ship set name = 'Dora' where id = 1;\nupdate ship set name = 'Eve' where id = 2;"));
			Awaitility.await()
				.atMost(LONG)
				.until(() -> !this.database
					.query("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%Eve%'")
					.isEmpty());
			writer.execute("UPDATE ship SET name = 'Fay' WHERE id = 1");
			writer.commit();
			assertThat(run.join()).isNull();
		}
		assertThat(output).contains("it was chosen to end a deadlock");
		assertThat(this.database.query("SELECT name FROM ship ORDER BY id")).containsExactly("Dora", "Eve");
	}

	@ParameterizedTest
	@ValueSource(strings = { "lockkeeper: lock-timeout=0", "lockkeeper: lock-timeout=1h",
			"adds the length\\nlockkeeper: lock-timeout = 60min, statement-timeout=0" })
	@FullTier
	void aCommentSetsTheTimeoutOfItsChangeSet(String comment, CapturedOutput output) throws IOException {
		try (OtherSession reader = begin("reporting", "SELECT * FROM ship")) {
			CompletableFuture<@Nullable Throwable> run = start(write("changelog.yaml", """
					databaseChangeLog:
					  - changeSet:
					      id: one
					      author: me
					      comment: "%s"
					      changes:
					        - sql: {sql: alter table ship add column length int}
					""".formatted(comment)));
			awaitWait("alter table ship");
			reader.release();
			assertThat(run.join()).isNull();
		}
		assertThat(output).doesNotContain("was blocked (schema");
	}

	@Test
	void whatLockkeeperSetsEndsBeforeTheRowOfTheHistoryAndDoesNotReachWhatLocksNoTable() {
		this.database
			.execute("CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO settings VALUES "
					+ "('row ' || NEW.id, current_setting('lock_timeout'), current_setting('statement_timeout')); RETURN NEW; END $$");
		succeed(changeLog("me:zero", SETTINGS, "me:trigger",
				"create trigger note before insert on databasechangelog for each row execute function note();",
				"me:one",
				"--comment lockkeeper: statement-timeout=7min\nalter table ship add a int;\n" + NOTE.formatted("one")
						+ "\nalter table ship add b int;",
				"me:two", "alter table ship add c int;\nset lock_timeout = '17s';\nalter table ship add d int;\n"
						+ NOTE.formatted("two")),
				"lockkeeper.postgresql.lock-timeout=5s");
		assertThat(this.database.query("SELECT concat_ws(' ', id, lock, statement) FROM settings ORDER BY ctid"))
			.containsExactly("row trigger 0 0", "one 0 7min", "row one 0 0", "two 17s 0", "row two 0 0");
	}

	@Test
	void aShorterTimeoutOfTheSessionStaysUnlessTheChangeSetSaysOtherwise() {
		String alters = "do $$ begin %s alter table ship add column %s int; end $$;;";
		succeed(changeLog("me:zero", SETTINGS, "me:one endDelimiter:;;", alters.formatted(NOTE.formatted("one"), "a"),
				"me:two endDelimiter:;;",
				"--comment lockkeeper: lock-timeout=0\n" + alters.formatted(NOTE.formatted("two"), "b"),
				"me:three endDelimiter:;;",
				"--comment lockkeeper: lock-timeout=10s\n" + alters.formatted(NOTE.formatted("three"), "c")),
				"spring.datasource.url=" + this.database.getUrl() + "&options=-c%20lock_timeout=3s",
				"lockkeeper.postgresql.lock-timeout=5s");
		assertThat(this.database.query("SELECT concat_ws(' ', id, lock) FROM settings ORDER BY ctid"))
			.containsExactly("one 3s", "two 0", "three 10s");
	}

	@ParameterizedTest
	@ValueSource(strings = { "sql", "xml", "yaml", "json" })
	@FullTier
	void aCommentCountsInEachFormatAndIsNotPartOfTheChecksum(String format) {
		this.database.execute("CREATE TABLE settings (id text, lock text, statement text)");
		String line = "lockkeeper: statement-timeout=7min";
		succeed(write("changelog." + format, inFormat(format, "", null)));
		succeed(write("changelog." + format, inFormat(format, line, line)));
		assertApplied("one EXECUTED", "two EXECUTED");
		assertThat(this.database.query("SELECT concat_ws(' ', id, statement) FROM settings ORDER BY id"))
			.containsExactly("one 0", "two 7min");
	}

	@Test
	void aLineInTheSqlCountsBeforeTheFirstStatementAndIsNamedAfterIt(CapturedOutput output) {
		succeed(changeLog("me:zero", SETTINGS, "me:one",
				"-- lockkeeper: statement-timeout=7min\n" + NOTE.formatted("one"), "me:two",
				"/* Why. lockkeeper: statement-timeout=8min */\n" + NOTE.formatted("two"), "me:three",
				NOTE.formatted("three") + "\n-- lockkeeper: statement-timeout=9min", "me:four",
				"--comment lockkeeper: statement-timeout=5min\n-- lockkeeper: statement-timeout=6min\n"
						+ NOTE.formatted("four")));
		assertThat(this.database.query("SELECT concat_ws(' ', id, statement) FROM settings ORDER BY ctid"))
			.containsExactly("one 7min", "two 8min", "three 0", "four 5min");
		assertThat(output.getOut().lines().filter((line) -> line.contains("has no effect"))).singleElement()
			.asString()
			.contains("(change set changelog.sql::three::me: statement-timeout=9min); it counts before the first "
					+ "statement only");
	}

	@Test
	void aLineThatLiquibasePassesOverIsNamed(CapturedOutput output) {
		succeed(write("changelog.sql", """
				--liquibase formatted sql
				-- lockkeeper: statement-timeout=6min
				--changeset me:one
				create table quay (id int);
				--changeset me:two
				--comment lockkeeper: statement-timeout=7min
				--comment adds the length
				alter table ship add column length int;
				"""));
		assertThat(output.getOut().lines().filter((line) -> line.contains("has no effect"))).satisfiesExactly(
				(line) -> assertThat(line).contains("::one::me: statement-timeout=6min); Liquibase keeps the last"),
				(line) -> assertThat(line).contains("::two::me: statement-timeout=7min); Liquibase keeps the last"));
	}

	@Test
	@FullTier
	void aLineInAFileOfSqlCounts() {
		this.database.execute("CREATE TABLE settings (id text, lock text, statement text)");
		write("one.sql", "-- lockkeeper: statement-timeout=7min\n" + NOTE.formatted("one"));
		succeed(write("changelog.yaml", """
				databaseChangeLog:
				  - changeSet:
				      id: one
				      author: me
				      changes:
				        - sqlFile: {path: one.sql, relativeToChangelogFile: true}
				"""));
		assertThat(this.database.query("SELECT statement FROM settings")).containsExactly("7min");
	}

	private static String inFormat(String format, String comment, @Nullable String second) {
		StringBuilder text = new StringBuilder(switch (format) {
			case "sql" -> "--liquibase formatted sql\n";
			case "xml" -> """
					<databaseChangeLog xmlns="http://www.liquibase.org/xml/ns/dbchangelog"
						xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
						xsi:schemaLocation="http://www.liquibase.org/xml/ns/dbchangelog
							http://www.liquibase.org/xml/ns/dbchangelog/dbchangelog-latest.xsd">
					""";
			case "yaml" -> "databaseChangeLog:\n";
			default -> "{\"databaseChangeLog\": [";
		});
		text.append(changeSet(format, "one", comment));
		if (second != null) {
			text.append(format.equals("json") ? "," : "").append(changeSet(format, "two", second));
		}
		return text.append(format.equals("xml") ? "</databaseChangeLog>" : format.equals("json") ? "]}" : "")
			.toString();
	}

	private static String changeSet(String format, String id, String comment) {
		String sql = NOTE.formatted(id);
		return switch (format) {
			case "sql" -> "\n--changeset me:%s\n%s%s\n".formatted(id,
					comment.isEmpty() ? "" : "--comment " + comment + "\n", sql);
			case "xml" -> "<changeSet id=\"%s\" author=\"me\"><comment>Why.\n\t\t%s</comment><sql>%s</sql></changeSet>"
				.formatted(id, comment, sql);
			case "yaml" -> "- changeSet: {id: %s, author: me, comment: \"%s\", changes: [sql: {sql: \"%s\"}]}\n"
				.formatted(id, comment, sql);
			default ->
				"{\"changeSet\": {\"id\": \"%s\", \"author\": \"me\", \"comment\": \"%s\", ".formatted(id, comment)
						+ "\"changes\": [{\"sql\": {\"sql\": \"%s\"}}]}}".formatted(sql);
		};
	}

	@ParameterizedTest
	@ValueSource(strings = { "lockkeeper: lock-timeout=soon", "lockkeeper: locktimeout=1s", "lockkeeper: lock-timeout",
			"lockkeeper: lock-timeout=-1s" })
	void aLineOfACommentThatCannotBeUnderstoodEndsTheRunBeforeTheChangeSet(String comment) {
		LockkeeperException failure = fail(
				changeLog("me:one", "--comment " + comment + "\nalter table ship add column length int;"));
		assertThat(failure.getStatus()).isEqualTo(ExitStatus.CHANGELOG);
		assertThat(failure).hasMessageContaining("changelog.sql::one::me");
		assertThat(failure.getAction()).contains("lockkeeper: lock-timeout=10s", "no part of the checksum");
		assertApplied();
	}

	@Test
	void aTextThatMayLockRowsIsNamedWithTheCommentThatLetsItWait(CapturedOutput output) {
		succeed(changeLog("me:one splitStatements:false",
				"do $$ begin alter table ship add b int; update ship set b = 1; end $$;", "me:two",
				"update ship set name = 'Ada';", "me:three splitStatements:false",
				"--comment lockkeeper: lock-timeout=0\ndo $$ begin alter table ship add c int; update ship set c = 1; end $$;",
				"me:four splitStatements:false", "alter table ship add a int; update ship set a = 1;"));
		assertThat(output.getOut().lines().filter((line) -> line.contains("lockkeeper - a text that may lock rows")))
			.satisfiesExactly(
					(line) -> assertThat(line).contains("changelog.sql::one::me", "lockkeeper: lock-timeout=0"),
					(line) -> assertThat(line).contains("changelog.sql::four::me"));
	}

	@Test
	void aStatementOutsideOfATransactionIsTriedAgainByItself(CapturedOutput output) {
		try (OtherSession reader = begin("reporting", "SELECT * FROM ship")) {
			CompletableFuture<@Nullable Throwable> run = start(changeLog("me:one runInTransaction:false",
					"create table quay (id int);\nalter table ship add column length int;\ncreate index concurrently i on port (id);"));
			awaitOutput(output, BLOCKED.formatted("changelog.sql::one::me"));
			assertThat(this.database.query("SELECT 1 FROM pg_tables WHERE tablename = 'quay'")).hasSize(1);
			reader.release();
			assertThat(run.join()).isNull();
		}
		assertApplied("one EXECUTED");
		assertThat(this.database.query("SELECT count(*) FROM lockkeeper_intent")).containsExactly("0");
	}

	@Test
	void aStatementThatRefusesATransactionIsTriedAgainAndTheSessionInItsWayIsNamed(CapturedOutput output) {
		try (OtherSession reader = begin("reporting", "SELECT * FROM ship")) {
			CompletableFuture<@Nullable Throwable> run = start(
					changeLog("me:one runInTransaction:false", "vacuum full ship;"));
			awaitOutput(output, BLOCKED.formatted("changelog.sql::one::me"));
			awaitOutput(output, "; blocked by pid %d, ".formatted(reader.getPid()));
			reader.release();
			assertThat(run.join()).isNull();
		}
		assertApplied("one EXECUTED");
	}

	@Test
	void aStatementThatWaitsForNoLockLeavesTheTimeoutOfTheNextOne() {
		succeed(changeLog("me:zero", SETTINGS, "me:one endDelimiter:;;",
				"lock table port in exclusive mode nowait;;\ndo $$ begin " + NOTE.formatted("one")
						+ " alter table ship add column a int; end $$;;"),
				"lockkeeper.postgresql.lock-timeout=5s");
		assertThat(this.database.query("SELECT lock FROM settings")).containsExactly("5s");
	}

	@Test
	void aChangeSetThatWaitsForNoLockFailsAtOnceAndIsPassedOverWhereItMayFail(CapturedOutput output) {
		try (OtherSession reader = begin("reporting", "SELECT * FROM ship")) {
			succeed(changeLog("me:one failOnError:false", "lock table ship nowait;", "me:two",
					"create table quay (id int);"), MINUTE);
			assertThat(fail(changeLog("me:one failOnError:false", "lock table ship nowait;", "me:two",
					"create table quay (id int);", "me:three splitStatements:false",
					"do $$ begin lock table ship in access exclusive mode nowait; raise notice 'locked'; end $$;"),
					MINUTE)
				.getStatus()).isEqualTo(ExitStatus.TEMPORARY);
		}
		try (OtherSession writer = begin("shop", "UPDATE ship SET name = 'Cara' WHERE id = 2")) {
			assertThat(fail(changeLog("me:four",
					"with x as (select id from ship for update nowait) update ship set "
							+ "name = 'Eve' where id in (select id from x);"),
					MINUTE)
				.getStatus()).isEqualTo(ExitStatus.TEMPORARY);
			writer.release();
		}
		assertThat(output).doesNotContain("was blocked (schema");
		assertApplied("two EXECUTED");
	}

	@Test
	void aProcedureThatIsCalledInATransactionIsLimitedAndNamed(CapturedOutput output) {
		this.database.execute("CREATE PROCEDURE lengthen() LANGUAGE sql AS 'ALTER TABLE ship ADD COLUMN length int'");
		try (OtherSession reader = begin("reporting", "SELECT * FROM ship")) {
			CompletableFuture<@Nullable Throwable> run = start(changeLog("me:one", "call lengthen();"));
			awaitOutput(output, BLOCKED.formatted("changelog.sql::one::me"));
			reader.release();
			assertThat(run.join()).isNull();
		}
		assertThat(output).contains("lockkeeper - a text that may lock rows");
		assertApplied("one EXECUTED");
	}

	@Test
	void aTimeoutOfTheSessionIsTheOneThatTheLogNames(CapturedOutput output) {
		this.database.execute("ALTER DATABASE %s SET lock_timeout = '300ms'".formatted(this.database.getName()));
		try (OtherSession writer = begin("shop", "UPDATE ship SET name = 'Cara' WHERE id = 2")) {
			CompletableFuture<@Nullable Throwable> run = start(
					changeLog("me:one", "update ship set name = 'Eve' where id = 2;"), MINUTE,
					"lockkeeper.postgresql.lock-retry.max-duration=5m");
			awaitOutput(output, BLOCKED.formatted("changelog.sql::one::me"));
			writer.release();
			assertThat(run.join()).isNull();
		}
		assertThat(output).contains("it did not get a lock within 300ms; blocked by pid ");
		assertApplied("one EXECUTED");
	}

	@Test
	@FullTier
	void aRunThatReachesItsEndWhileItIsTriedAgainNamesTheSession() {
		try (OtherSession reader = begin("reporting", "SELECT * FROM ship")) {
			LockkeeperException failure = fail(changeLog("me:one", "alter table ship add length int;"),
					"lockkeeper.max-duration=6s");
			assertThat(failure.getStatus()).isEqualTo(ExitStatus.TEMPORARY);
			assertThat(failure).hasMessageContaining("blocked by pid " + reader.getPid());
			assertThat(failure.getAction()).contains("pg_terminate_backend");
		}
		assertApplied();
	}

	@Test
	void aStatementTimeoutHoldsForWhatRefusesATransactionToo() {
		try (OtherSession writer = begin("shop", "UPDATE ship SET name = 'Cara' WHERE id = 2")) {
			LockkeeperException failure = fail(changeLog("me:one runInTransaction:false",
					"--comment lockkeeper: statement-timeout=300ms\ncreate index concurrently ship_name on ship (name);"));
			assertThat(failure.getStatus()).isEqualTo(ExitStatus.MIGRATION);
			writer.release();
		}
		succeed(changeLog("me:one runInTransaction:false",
				"--comment lockkeeper: statement-timeout=5min\ncreate index concurrently ship_name on ship (name);"));
		assertApplied("one EXECUTED");
	}

	@Test
	void aStatementTimeoutHoldsAlsoWhereTheRunCannotBeRepeated() {
		succeed(changeLog("me:zero", SETTINGS, "me:one",
				"--comment lockkeeper: statement-timeout=7min, lock-timeout=9s\n" + NOTE.formatted("one")
						+ "\nalter table settings add more int;"),
				"spring.liquibase.drop-first=true");
		assertThat(this.database.query("SELECT concat_ws(' ', lock, statement) FROM settings"))
			.containsExactly("0 7min");
	}

	@Test
	void anIndexThatIsBuiltConcurrentlyWaitsAsLongAsItTakes(CapturedOutput output) {
		try (OtherSession writer = begin("shop", "UPDATE ship SET name = 'Cara' WHERE id = 2")) {
			CompletableFuture<@Nullable Throwable> run = start(
					changeLog("me:one runInTransaction:false", "create index concurrently ship_name on ship (name);"));
			awaitWait("create index concurrently");
			writer.release();
			assertThat(run.join()).isNull();
		}
		assertThat(output).doesNotContain("was blocked (schema");
		assertApplied("one EXECUTED");
	}

	private void awaitWait(String statement) {
		Awaitility.await()
			.atMost(LONG)
			.until(() -> !this.database
				.query("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%" + statement
						+ "%' AND clock_timestamp() - query_start > interval '1 s'")
				.isEmpty());
	}

	private static void awaitOutput(CapturedOutput output, String text) {
		Awaitility.await().atMost(LONG).until(() -> output.getOut().contains(text));
	}

	private void assertApplied(String... rows) {
		assertThat(this.database.query("SELECT 1 FROM pg_tables WHERE tablename = 'databasechangelog'").isEmpty()
				? List.of()
				: this.database.query("SELECT concat(id, ' ', exectype) FROM databasechangelog ORDER BY orderexecuted"))
			.containsExactly(rows);
	}

	private String changeLog(String... headersAndBodies) {
		StringBuilder text = new StringBuilder("--liquibase formatted sql\n");
		for (int i = 0; i < headersAndBodies.length; i += 2) {
			text.append("\n--changeset %s logicalFilePath:changelog.sql\n%s\n".formatted(headersAndBodies[i],
					headersAndBodies[i + 1]));
		}
		return write("changelog.sql", text.toString());
	}

	private String write(String name, String text) {
		try {
			return Files.writeString(this.directory.resolve(name), text).toUri().toString();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private CompletableFuture<@Nullable Throwable> start(String changeLog, String... properties) {
		return CompletableFuture.supplyAsync(() -> run(changeLog, properties));
	}

	private void succeed(String changeLog, String... properties) {
		assertThat(run(changeLog, properties)).isNull();
	}

	private LockkeeperException fail(String changeLog, String... properties) {
		LockkeeperException failure = LockkeeperException.findIn(run(changeLog, properties));
		assertThat(failure).isNotNull();
		return Objects.requireNonNull(failure);
	}

	private @Nullable Throwable run(String changeLog, String... properties) {
		Throwable[] failure = new Throwable[1];
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class,
					LiquibaseAutoConfiguration.class, LockkeeperAutoConfiguration.class))
			.withPropertyValues("spring.datasource.url=" + this.database.getUrl(),
					"spring.liquibase.change-log=" + changeLog, "lockkeeper.mode=self",
					"lockkeeper.postgresql.lock-timeout=400ms", "lockkeeper.postgresql.lock-retry.max-attempts=1000")
			.withPropertyValues(properties)
			.run((context) -> failure[0] = context.getStartupFailure());
		return failure[0];
	}

	private OtherSession begin(String application, String sql) {
		return OtherSession.begin(this.database, application, sql);
	}

}
