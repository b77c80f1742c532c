// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.IntStream;

import dev.lockkeeper.actuate.page.PageContext;
import dev.lockkeeper.actuate.endpoint.SchemaEndpoint;
import dev.lockkeeper.autoconfigure.LockkeeperAutoConfiguration;
import dev.lockkeeper.command.AdvisedCommand;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.ExitStrategy;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.mode.ModeDecision;
import dev.lockkeeper.schema.RunOrigin;
import dev.lockkeeper.schema.SchemaInspection;
import dev.lockkeeper.schema.SchemaStatus;
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
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.ContextConsumer;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.core.env.SimpleCommandLinePropertySource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a run does that finds an unfinished change set of another run, which is not one
 * transaction.
 */
@FullTier
@ExtendWith(OutputCaptureExtension.class)
class IntentIT {

	private static final Duration TIMEOUT = Duration.ofSeconds(60);

	private static final String FIRST = "me:first runInTransaction:false\nanalyze ship;";

	private static final String BUILD = "create index concurrently ship_name on ship (name);";

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(LockkeeperAutoConfiguration.class, LiquibaseAutoConfiguration.class,
				DataSourceAutoConfiguration.class))
		.withPropertyValues("spring.datasource.url=" + this.database.getUrl(), "lockkeeper.lock.lease=60s",
				"lockkeeper.wait.initial-interval=50ms", "lockkeeper.wait.max-interval=50ms");

	@BeforeEach
	void createTables() {
		this.database.execute("CREATE TABLE ship (id int, name text)",
				"INSERT INTO ship SELECT i, 'ship ' || i FROM generate_series(1, 100) i");
	}

	@Test
	void anIndexThatWasLeftInvalidIsDroppedAndBuiltAgain(CapturedOutput output) {
		String changeLog = changeLog("me:index runInTransaction:false\n" + BUILD);
		assertThat(dieWaiting(changeLog)).isEqualTo(ExitStatus.TEMPORARY);
		String half = oid("ship_name");
		assertThat(this.database.query("SELECT indisvalid FROM pg_index WHERE indexrelid = " + half))
			.containsExactly("f");
		assertThat(this.database.query("SELECT kind || ' ' || subject || ' ' || done FROM lockkeeper_intent"))
			.containsExactly("CREATE INDEX public.ship 0");
		succeed(changeLog);
		assertThat(oid("ship_name")).isNotEqualTo(half);
		assertWhole("ship_name");
		assertRecorded("index EXECUTED");
		assertThat(output).contains("going on with an unfinished change set").contains("an invalid index");
	}

	@ParameterizedTest
	@ValueSource(strings = { BUILD,
			"create unique index concurrently if not exists \"Ship Name\" on public.ship "
					+ "using btree (lower(name) desc, id) include (name) with (fillfactor = 70) where id > 0;",
			"create index concurrently on ship (name, (id + 1));" })
	void anIndexThatWasFinishedIsRecordedAndNotBuiltAgain(String build) {
		String changeLog = changeLog("me:index runInTransaction:false\n" + build);
		dieAfter(changeLog, "index");
		List<String> built = indexes();
		assertThat(built).hasSize(1);
		succeed(changeLog);
		assertThat(indexes()).isEqualTo(built);
		assertRecorded("index EXECUTED");
	}

	@Test
	void anIndexThatIsAnotherOneIsNotTakenForIt() {
		String changeLog = changeLog("me:index runInTransaction:false\n" + BUILD);
		dieAfter(changeLog, "index");
		this.database.execute("DROP INDEX ship_name", "CREATE INDEX ship_name ON ship (name DESC)");
		LockkeeperException failure = fail(changeLog);
		assertThat(failure.getStatus()).isEqualTo(ExitStatus.CHANGELOG);
		assertThat(failure).hasMessageContaining("public.ship_name").hasMessageContaining("name DESC");
		assertThat(failure.toVerdict().changeSet()).isNotNull();
		follow(failure, "again", changeLog);
		this.database.execute("DROP INDEX ship_name");
		succeed(changeLog);
		assertThat(this.database.query("SELECT pg_get_indexdef('ship_name'::regclass)"))
			.allSatisfy((definition) -> assertThat(definition).endsWith("(name)"));
		assertRecorded("index EXECUTED");
	}

	@Test
	void aPreconditionIsNotEvaluatedForAnIndexOfItsOwnChangeSet() {
		String changeLog = changeLog("me:index runInTransaction:false\n--preconditions onFail:MARK_RAN\n"
				+ "--precondition-sql-check expectedResult:0 select count(*) from pg_class where relname = 'ship_name'\n"
				+ BUILD);
		dieAfter(changeLog, "index");
		succeed(changeLog);
		assertRecorded("index EXECUTED");
	}

	@ParameterizedTest
	@ValueSource(strings = { "create index concurrently if not exists ship_name on ship (name);", BUILD,
			"create index if not exists ship_name on ship (name);" })
	void anInvalidIndexIsNeverTakenForTheOneThatIsWanted(String build, CapturedOutput output) {
		invalidIndex();
		this.database.execute("DELETE FROM ship WHERE id < 0");
		succeed(changeLog("me:index runInTransaction:false\n" + build));
		assertWhole("ship_name");
		assertThat(output).contains("something was in the way of change set").contains("public.ship_name");
	}

	@Test
	void anIndexThatCannotBeBuiltFailsTheRunAndIsBuiltLater() {
		this.database.execute("INSERT INTO ship VALUES (-1, 'twice'), (-2, 'twice')");
		String changeLog = changeLog(
				"me:index runInTransaction:false\ncreate unique index concurrently ship_name on ship (name);");
		LockkeeperException failure = fail(changeLog);
		assertThat(failure.getStatus()).isEqualTo(ExitStatus.MIGRATION);
		assertThat(failure.toVerdict().sqlState()).isEqualTo("23505");
		this.database.execute("DELETE FROM ship WHERE id = -1");
		succeed(changeLog);
		assertWhole("ship_name");
		assertRecorded("index EXECUTED");
	}

	@Test
	void anInvalidIndexFailsTheRunAlsoWhereTheChangeSetMayFail() {
		this.database.execute("INSERT INTO ship VALUES (-1, 'twice'), (-2, 'twice')");
		LockkeeperException failure = fail(changeLog(
				"me:index runInTransaction:false failOnError:false\n"
						+ "create unique index concurrently ship_name on ship (name);",
				"me:next\ncreate table next (id int);"));
		assertThat(failure.getStatus()).isEqualTo(ExitStatus.MIGRATION);
		assertThat(failure).hasMessageContaining("invalid index: public.ship_name");
		assertThat(this.database.query("SELECT 1 FROM pg_tables WHERE tablename = 'next'")).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "drop index concurrently ship_name;", "reindex index concurrently ship_name;",
			"reindex table concurrently ship;", "reindex (concurrently) schema public;" })
	void invalidIndexesOfAStatementFailTheRunAlsoWhereTheChangeSetMayFail(String statement) {
		this.database.execute("CREATE INDEX ship_name ON ship (name)");
		String[] changeSets = { "me:index runInTransaction:false failOnError:false\nset lock_timeout = '200ms';\n%s"
			.formatted(statement), "me:next\ncreate table next (id int);" };
		try (OtherSession blocker = block("SELECT * FROM ship")) {
			LockkeeperException failure = fail(changeLog(changeSets));
			assertThat(failure.getStatus()).isEqualTo(ExitStatus.MIGRATION);
			assertThat(failure).hasMessageContaining("It left an invalid index: ")
				.hasMessageContaining("public.ship_name");
			blocker.release();
		}
		assertThat(this.database.query("SELECT 1 FROM pg_tables WHERE tablename = 'next'")).isEmpty();
		succeed(changeLog(changeSets));
		assertThat(indexes()).hasSize(statement.startsWith("drop") ? 0 : 1)
			.noneMatch((index) -> index.endsWith("false"));
		assertRecorded("index EXECUTED", "next EXECUTED");
	}

	@ParameterizedTest
	@ValueSource(strings = { "ship_name", "" })
	void anIndexThatOneOfSeveralStatementsLeavesInvalidFailsTheRunAndIsDroppedByTheNext(String name) {
		this.database.execute("INSERT INTO ship VALUES (-1, 'twice'), (-2, 'twice')");
		String changeLog = changeLog(
				"me:index runInTransaction:false failOnError:false splitStatements:false\n"
						+ "create unique index concurrently %s on ship (name); select 1;".formatted(name),
				"me:next\ncreate table next (id int);");
		LockkeeperException failure = fail(changeLog);
		assertThat(failure.getStatus()).isEqualTo(ExitStatus.MIGRATION);
		assertThat(failure).hasMessageContaining("invalid index: public.ship_name");
		this.database.execute("DELETE FROM ship WHERE id = -1");
		succeed(changeLog);
		assertThat(indexes()).singleElement().asString().endsWith("true");
		assertRecorded("index EXECUTED", "next EXECUTED");
	}

	@Test
	void aTextMayDropAnInvalidIndexAndMakeItAgain() {
		invalidIndex();
		this.database.execute("DELETE FROM ship WHERE id < 0");
		succeed(changeLog("me:index runInTransaction:false splitStatements:false\n"
				+ "drop index ship_name; create unique index ship_name on ship (name);"));
		assertWhole("ship_name");
	}

	@Test
	void aLaterStatementOfATextDoesNotTakeAnInvalidIndexForItsOwn() {
		invalidIndex();
		String changeLog = changeLog("me:index runInTransaction:false splitStatements:false\n"
				+ "select 1; create index if not exists ship_name on ship (name);");
		for (int run = 0; run < 2; run++) {
			LockkeeperException failure = fail(changeLog);
			assertThat(failure.getStatus()).isEqualTo(ExitStatus.MIGRATION);
			assertThat(failure).hasMessageContaining("invalid index: public.ship_name");
		}
		this.database.execute("DROP INDEX ship_name");
		succeed(changeLog);
		assertWhole("ship_name");
	}

	// What is too long for a table is in another one, which has an index of its own
	@ParameterizedTest
	@ValueSource(strings = { "ship", "fleet" })
	void invalidIndexesOfARebuildBesideATableAreFoundAndDropped(String table) {
		this.database.execute("CREATE MATERIALIZED VIEW fleet AS SELECT * FROM ship",
				"CREATE INDEX fleet_name ON fleet (name)");
		String broken = "SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid";
		String changeLog = changeLog(
				"me:reindex runInTransaction:false failOnError:false\nset lock_timeout = '200ms';\n"
						+ "reindex table concurrently %s;".formatted(table));
		try (OtherSession blocker = block("SELECT * FROM ship, fleet LIMIT 1")) {
			LockkeeperException failure = fail(changeLog);
			assertThat(this.database.query(broken)).isNotEmpty()
				.anyMatch((index) -> index.startsWith("pg_toast"))
				.allSatisfy((index) -> assertThat(failure).hasMessageContaining(index));
			blocker.release();
		}
		succeed(changeLog);
		assertThat(this.database.query(broken)).isEmpty();
	}

	@Test
	void anIndexThatTheRoleMayNotDropBlocksNothing(CapturedOutput output) {
		this.database.execute("CREATE INDEX ship_name ON ship (name)");
		ApplicationContextRunner owner = ownerOfShips();
		String changeLog = changeLog(
				"me:reindex runInTransaction:false failOnError:false\nset lock_timeout = '200ms';\n"
						+ "reindex table concurrently ship;");
		try (OtherSession blocker = block("SELECT * FROM ship")) {
			assertThat(run(owner, changeLog)).hasMessageContaining("It left an invalid index: ")
				.hasMessageContaining("pg_toast.pg_toast_");
			blocker.release();
		}
		assertThat(run(owner, changeLog)).isNull();
		assertThat(output).contains("an invalid index is left, which this role may not drop (pg_toast.pg_toast_")
			.contains("it passes over what is invalid (pg_toast.pg_toast_");
		assertRecorded("reindex EXECUTED");
	}

	@Test
	void invalidIndexesOfOthersStay() {
		this.database.execute("INSERT INTO ship VALUES (-1, 'twice'), (-2, 'twice')",
				"CREATE TABLE harbour AS SELECT * FROM ship");
		ApplicationContextRunner owner = ownerOfShips();
		String changeLog = changeLog("me:index runInTransaction:false splitStatements:false\n"
				+ "create unique index concurrently ship_name on ship (name); select 1;");
		assertThat(run(owner, changeLog)).isNotNull();
		invalidIndex("harbour");
		this.database.execute("DELETE FROM ship WHERE id = -1");
		assertThat(run(owner, changeLog)).isNull();
		assertWhole("ship_name");
		assertThat(this.database.query("SELECT indisvalid FROM pg_index WHERE indexrelid = 'harbour_name'::regclass"))
			.containsExactly("f");
	}

	@Test
	void invalidIndexesOfAStatementAreFoundWhereTheServerHidesSessionsAtWork() {
		this.database.execute("CREATE INDEX ship_name ON ship (name)");
		ApplicationContextRunner owner = ownerOfShips();
		hideSessionsAtWork();
		String changeLog = changeLog(
				"me:reindex runInTransaction:false failOnError:false\nset lock_timeout = '200ms';\n"
						+ "reindex table concurrently ship;");
		try (OtherSession blocker = block("SELECT * FROM ship")) {
			assertThat(run(owner, changeLog)).hasMessageContaining("It left an invalid index: ")
				.hasMessageContaining("public.ship_name");
			blocker.release();
		}
		assertThat(run(owner, changeLog)).isNull();
		assertThat(indexes()).hasSize(1).noneMatch((index) -> index.endsWith("false"));
		assertRecorded("reindex EXECUTED");
	}

	private void hideSessionsAtWork() {
		this.database.execute("REVOKE SELECT ON pg_catalog.pg_locks, pg_catalog.pg_stat_activity FROM PUBLIC");
	}

	private ApplicationContextRunner ownerOfShips() {
		String role = this.database.getServer().createRole("owns-ships");
		this.database.execute("ALTER TABLE ship OWNER TO " + role, "GRANT CREATE ON SCHEMA public TO " + role);
		return this.runner.withPropertyValues("spring.datasource.url=" + this.database.getPlainUrl(),
				"spring.datasource.username=" + role, "spring.datasource.password=owns-ships");
	}

	@Test
	void oneOfSeveralStatementsDoesNotTakeAnInvalidIndexForItsOwn(CapturedOutput output) {
		invalidIndex();
		this.database.execute("DELETE FROM ship WHERE id < 0");
		succeed(changeLog("me:index runInTransaction:false splitStatements:false\n"
				+ "create index concurrently if not exists ship_name on ship (name); select 1;"));
		assertWhole("ship_name");
		assertThat(output).contains("something was in the way of change set").contains("public.ship_name");
	}

	@Test
	void indexesThatARebuildSkipsAreReported(CapturedOutput output) {
		invalidIndex();
		succeed(changeLog("me:reindex runInTransaction:false\nreindex table concurrently ship;"));
		assertThat(output).contains("it passes over what is invalid (public.ship_name)");
		assertRecorded("reindex EXECUTED");
	}

	// What another session builds meanwhile is invalid, too, until it is built
	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void anIndexThatAnotherSessionBuildsIsNoFailureOfTheRun(boolean shown) throws Exception {
		this.database.execute("CREATE TABLE harbour (id int)",
				"CREATE PROCEDURE slowly(how text) LANGUAGE plpgsql AS "
						+ "$$ BEGIN PERFORM pg_advisory_lock(7); PERFORM pg_advisory_unlock(7); COMMIT; "
						+ "PERFORM set_config('lock_timeout', '200ms', false); COMMIT; END $$");
		ApplicationContextRunner owner = ownerOfShips();
		this.database.execute("ALTER TABLE harbour OWNER TO "
				+ this.database.query("SELECT relowner::regrole FROM pg_class WHERE relname = 'ship'").get(0));
		if (!shown) {
			hideSessionsAtWork();
		}
		String changeLog = changeLog("me:call runInTransaction:false\ncall slowly('concurrently');");
		try (OtherSession procedure = block("SELECT pg_advisory_xact_lock(7)");
				OtherSession building = block("SELECT * FROM harbour");
				Connection other = this.database.open()) {
			CompletableFuture<@Nullable LockkeeperException> run = start(owner, changeLog);
			awaitWaiting();
			CompletableFuture<Void> built = CompletableFuture.runAsync(() -> {
				try (Statement statement = other.createStatement()) {
					statement.execute("CREATE INDEX CONCURRENTLY harbour_id ON harbour (id)");
				}
				catch (SQLException ex) {
					throw new IllegalStateException(ex);
				}
			});
			Awaitility.await()
				.atMost(TIMEOUT)
				.until(() -> this.database
					.query("SELECT indisvalid FROM pg_index JOIN pg_class ON oid = indexrelid "
							+ "WHERE relname = 'harbour_id'")
					.contains("f"));
			procedure.release();
			if (shown) {
				assertThat(run).succeedsWithin(TIMEOUT).isNull();
			}
			else {
				awaitWaitingForBuilder();
			}
			assertThat(built).isNotDone();
			building.release();
			assertThat(built).succeedsWithin(TIMEOUT);
			assertThat(run).succeedsWithin(TIMEOUT).isNull();
		}
		assertRecorded("call EXECUTED");
	}

	@Test
	void anIndexThatIsStillThereIsDroppedAgain() {
		this.database.execute("CREATE INDEX ship_name ON ship (name)");
		String changeLog = changeLog("me:drop runInTransaction:false\ndrop index concurrently ship_name;");
		assertThat(dieWaiting(changeLog)).isEqualTo(ExitStatus.TEMPORARY);
		succeed(changeLog);
		assertThat(indexes()).isEmpty();
		assertRecorded("drop EXECUTED");
	}

	@Test
	void anIndexThatIsGoneIsRecorded() {
		this.database.execute("CREATE INDEX ship_name ON ship (name)");
		String changeLog = changeLog("me:drop runInTransaction:false\ndrop index concurrently ship_name;");
		dieAfter(changeLog, "drop");
		succeed(changeLog);
		assertRecorded("drop EXECUTED");
	}

	@ParameterizedTest
	@ValueSource(strings = { "reindex index concurrently ship_name;", "reindex (concurrently) table public.ship;",
			"reindex schema concurrently public;" })
	void remainsOfARebuildAreDropped(String reindex) {
		this.database.execute("CREATE INDEX ship_name ON ship (name)");
		String changeLog = changeLog("me:reindex runInTransaction:false\n" + reindex);
		assertThat(dieWaiting(changeLog)).isEqualTo(ExitStatus.TEMPORARY);
		assertThat(indexes()).hasSizeGreaterThan(1);
		succeed(changeLog);
		assertThat(this.database.query(
				"SELECT relname FROM pg_class JOIN pg_index ON indexrelid = pg_class.oid WHERE indrelid = 'ship'::regclass"))
			.containsExactly("ship_name");
		assertWhole("ship_name");
		assertRecorded("reindex EXECUTED");
	}

	@Test
	void aDetachmentIsFinished() {
		partitions();
		String changeLog = changeLog(
				"me:detach runInTransaction:false\nalter table cargo detach partition cargo_one concurrently;");
		assertThat(dieWaiting(changeLog, "SELECT * FROM cargo")).isEqualTo(ExitStatus.TEMPORARY);
		assertThat(this.database.query("SELECT inhdetachpending FROM pg_inherits")).contains("t");
		succeed(changeLog);
		assertThat(this.database.query("SELECT 1 FROM pg_inherits")).isEmpty();
		assertRecorded("detach EXECUTED");
	}

	@Test
	void aDetachmentThatWasFinishedIsRecorded() {
		partitions();
		String changeLog = changeLog(
				"me:detach runInTransaction:false\nalter table cargo detach partition cargo_one concurrently;");
		dieAfter(changeLog, "detach", "SELECT * FROM cargo");
		succeed(changeLog);
		assertRecorded("detach EXECUTED");
	}

	@Test
	void noStatementOfSeveralIsExecutedTwice() {
		String changeLog = changeLog("me:several runInTransaction:false\nset lock_timeout = '30s';\n"
				+ "insert into ship values (-1, 'first');\ncreate table harbour (id int);\n" + BUILD
				+ "\nvacuum ship;\ninsert into ship values (-2, current_setting('lock_timeout'));\n"
				+ "begin;\ninsert into ship values (-3, 'mine');\ncommit;\n");
		assertThat(dieWaiting(changeLog)).isEqualTo(ExitStatus.TEMPORARY);
		assertThat(this.database.query("SELECT done FROM lockkeeper_intent")).containsExactly("2");
		succeed(changeLog);
		assertThat(this.database.query("SELECT name FROM ship WHERE id < 0 ORDER BY id DESC")).containsExactly("first",
				"30s", "mine");
		assertWhole("ship_name");
		assertRecorded("several EXECUTED");
	}

	@Test
	void aChangeSetThatWasEditedInBetweenIsRefused() {
		String insert = "me:several runInTransaction:false\ninsert into ship values (-1, '%s');\n" + BUILD;
		assertThat(dieWaiting(changeLog(insert.formatted("first")))).isEqualTo(ExitStatus.TEMPORARY);
		LockkeeperException failure = fail(changeLog(insert.formatted("edited")));
		assertThat(failure.getStatus()).isEqualTo(ExitStatus.CHANGELOG);
		assertThat(failure).hasMessageContaining("has done 1 statement of it, and it begins with another one now");
		succeed(changeLog(insert.formatted("first")));
		assertRecorded("several EXECUTED");
	}

	@Test
	void anEditedChangeSetIsExecutedFromItsBeginningOnceThatIsAdvised() {
		String insert = "me:several runInTransaction:false\ninsert into ship values (-1, '%s');\n" + BUILD;
		assertThat(dieWaiting(changeLog(insert.formatted("first")))).isEqualTo(ExitStatus.TEMPORARY);
		String edited = changeLog(insert.formatted("edited"));
		List<String> advised = AdvisedSql.in(fail(edited).getAction());
		assertThat(advised).singleElement().asString().startsWith("DELETE FROM");
		this.database.execute("DELETE FROM ship WHERE id = -1");
		advised.forEach(this.database::execute);
		succeed(edited);
		assertThat(this.database.query("SELECT name FROM ship WHERE id = -1")).containsExactly("edited");
		assertRecorded("several EXECUTED");
	}

	@Test
	void aStatementThatFailsLeavesNothingToJudge() {
		String changeLog = changeLog(
				"me:several runInTransaction:false endDelimiter:@@\ninsert into ship values (-1, 'first')@@\n"
						+ "do $$ begin commit; insert into ship values (-2, 'second'); if not exists (select from ship "
						+ "where id = -9) then raise exception 'not yet'; end if; commit; end $$",
				"me:next\ncreate table next (id int);");
		assertThat(fail(changeLog).getStatus()).isEqualTo(ExitStatus.MIGRATION);
		assertThat(this.database.query("SELECT kind || ' ' || outcome || ' ' || done FROM lockkeeper_intent"))
			.containsExactly("UNKNOWN not done 1");
		this.database.execute("INSERT INTO ship VALUES (-9, 'now')");
		succeed(changeLog);
		assertThat(this.database.query("SELECT name FROM ship WHERE id < 0 ORDER BY id DESC")).containsExactly("first",
				"second", "now");
		assertRecorded("several EXECUTED", "next EXECUTED");
	}

	@ParameterizedTest
	@ValueSource(strings = { "done", "again" })
	void whatTheCatalogDoesNotShowIsDecidedByAnOperator(String answer) {
		this.database.execute(
				"CREATE PROCEDURE fill(what text) LANGUAGE plpgsql AS $$ BEGIN INSERT INTO ship VALUES (-1, 'filled'); "
						+ "COMMIT; PERFORM 1 FROM ship WHERE id = 1 FOR UPDATE; COMMIT; END $$");
		String changeLog = changeLog("me:fill runInTransaction:false\ncall fill('4711');",
				"me:next\ncreate table next (id int);");
		assertThat(dieWaiting(changeLog, "SELECT * FROM ship FOR UPDATE")).isEqualTo(ExitStatus.TEMPORARY);
		for (int run = 0; run < 2; run++) {
			LockkeeperException failure = fail(changeLog);
			assertThat(failure.getStatus()).isEqualTo(ExitStatus.CHANGELOG);
			assertThat(failure).hasMessageContaining("statement 1 (call fill('4711'))")
				.hasMessageContaining("not known whether that was done");
			// That may be shown wherever the state of the schema is shown
			assertThat(this.database.query("SELECT message FROM lockkeeper_run ORDER BY run_number DESC").get(0))
				.endsWith("An earlier run ended in its statement 1, and it is not known whether that was done.");
			assertThat(failure.getAction()).contains("If the statement was not done").contains("if it was done");
			if (run == 1) {
				follow(failure, answer, changeLog);
			}
		}
		succeed(changeLog);
		assertThat(this.database.query("SELECT count(*) FROM ship WHERE id < 0"))
			.containsExactly(answer.equals("done") ? "1" : "2");
		assertRecorded("fill EXECUTED", "next EXECUTED");
	}

	@Test
	void aValueOfATypeIsAddedInTheTransactionThatRemembersIt() {
		this.database.execute("CREATE TYPE flag AS ENUM ('NL')");
		succeed(changeLog("me:value runInTransaction:false\nalter type flag add value 'DE';\n"
				+ "create table flagged as select 'DE'::flag as flag;"));
		assertThat(this.database.query("SELECT flag FROM flagged")).containsExactly("DE");
		assertRecorded("value EXECUTED");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			textBlock = """
					create index concurrently ship_name on ship (name)             | SELECT * FROM ship
					vacuum ship                                                    | LOCK TABLE ship IN SHARE UPDATE EXCLUSIVE MODE
					alter table cargo detach partition cargo_one concurrently      | SELECT * FROM cargo
					""")
	void aStatementIsRememberedBeforeItBeginsAndForgottenWithItsRow(String statement, String blocking) {
		partitions();
		watchTables();
		try (OtherSession blocker = block(blocking)) {
			CompletableFuture<@Nullable LockkeeperException> run = start(
					changeLog(FIRST, "me:apart runInTransaction:false\n" + statement + ";"));
			awaitWaiting();
			assertThat(this.database.query("SELECT query FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
					+ "AND datname = current_database()"))
				.containsExactly(statement);
			assertThat(this.database.query("SELECT concat_ws(' ', id, done, statement) FROM lockkeeper_intent"))
				.containsExactly("apart 0 " + statement);
			assertRecorded("first EXECUTED");
			blocker.release();
			assertThat(run.join()).isNull();
		}
		assertRecorded("first EXECUTED", "apart EXECUTED");
		assertThat(written()).containsExactly("1 INSERT lockkeeper_intent", "2 INSERT databasechangelog",
				"2 DELETE lockkeeper_intent");
	}

	@Test
	void aValueOfATypeIsRememberedInItsTransactionAndForgottenWithItsRow() {
		this.database.execute("CREATE TYPE flag AS ENUM ('NL')");
		watchTables();
		succeed(changeLog(FIRST, "me:value runInTransaction:false\nalter type flag add value 'DE';"));
		assertThat(this.database.query("SELECT concat_ws(' ', enumlabel, what) FROM pg_enum JOIN written "
				+ "ON pg_enum.xmin = written.transaction::xid"))
			.containsExactly("DE INSERT lockkeeper_intent");
		assertThat(written()).containsExactly("1 INSERT lockkeeper_intent", "2 INSERT databasechangelog",
				"2 DELETE lockkeeper_intent");
	}

	@Test
	void aLimitOfLockWaitsDoesNotBreakABuild() {
		this.database.execute("ALTER DATABASE %s SET lock_timeout = '100ms'".formatted(this.database.getName()));
		String changeLog = changeLog("me:index runInTransaction:false\n" + BUILD
				+ "\ncreate table limits as select current_setting('lock_timeout') as after;");
		try (OtherSession blocker = block("SELECT * FROM ship")) {
			CompletableFuture<@Nullable LockkeeperException> run = start(changeLog);
			awaitWaiting();
			String since = waitingSince();
			Awaitility.await()
				.atMost(TIMEOUT)
				.until(() -> this.database
					.query("SELECT clock_timestamp() > timestamptz '%s' + interval '1 s'".formatted(since))
					.contains("t"));
			blocker.release();
			assertThat(run.join()).isNull();
		}
		assertThat(this.database.query("SELECT after FROM limits")).containsExactly("100ms");
	}

	@Test
	void neitherWaitersNorTheLeaseStallABuild(CapturedOutput output) {
		String changeLog = changeLog("me:index runInTransaction:false\n" + BUILD);
		ApplicationContextRunner many = this.runner.withPropertyValues("lockkeeper.lock.lease=5s");
		try (InspectingPod pod = new InspectingPod(changeLog); OtherSession blocker = block("SELECT * FROM ship")) {
			Awaitility.await().atMost(TIMEOUT).until(() -> pod.inspections.get() > 0);
			CompletableFuture<@Nullable LockkeeperException> building = start(many, changeLog);
			awaitWaiting();
			String until = this.database.query("SELECT lock_until FROM lockkeeper_lock").get(0);
			List<CompletableFuture<@Nullable LockkeeperException>> waiters = IntStream.range(0, 5)
				.mapToObj((i) -> start(many, changeLog))
				.toList();
			Awaitility.await()
				.atMost(TIMEOUT)
				.until(() -> output.getOut()
					.lines()
					.filter((line) -> line.contains("waiting for the lock ("))
					.count() >= 5);
			Awaitility.await()
				.atMost(TIMEOUT)
				.until(() -> this.database
					.query("SELECT lock_until > timestamp '%s' + interval '3 s' FROM lockkeeper_lock".formatted(until))
					.contains("t"));
			assertThat(building).isNotDone();
			Awaitility.await().atMost(TIMEOUT).until(() -> pod.inspectionsOfTheRun.get() > 10);
			blocker.release();
			assertThat(building).succeedsWithin(TIMEOUT).isNull();
			List<String> open = transactionsOfInspections();
			Awaitility.await("no transaction of an inspection stays open")
				.atMost(TIMEOUT)
				.until(() -> transactionsOfInspections().stream().noneMatch(open::contains));
			Awaitility.await().atMost(TIMEOUT).until(() -> pod.open);
			assertThat(waiters).allSatisfy((waiter) -> assertThat(waiter).succeedsWithin(TIMEOUT).isNull());
		}
		assertWhole("ship_name");
		assertRecorded("index EXECUTED");
	}

	private List<String> transactionsOfInspections() {
		return this.database.query("SELECT pid || ' ' || xact_start FROM pg_stat_activity WHERE "
				+ "application_name LIKE 'lockkeeper inspecting%' AND xact_start IS NOT NULL AND datname = current_database()");
	}

	/**
	 * Note in which transaction the tables are written from now on.
	 */
	private void watchTables() {
		succeed(changeLog(FIRST));
		this.database.execute("CREATE TABLE written (number serial, what text, transaction xid8)",
				"CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO written (what, transaction) "
						+ "VALUES (tg_op || ' ' || tg_table_name, pg_current_xact_id()); RETURN NULL; END $$");
		for (String table : List.of("databasechangelog", "lockkeeper_intent")) {
			this.database.execute(
					"CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION note()"
						.formatted(table));
		}
	}

	// The first number is that of the transaction
	private List<String> written() {
		return this.database.query(
				"SELECT concat_ws(' ', dense_rank() OVER (ORDER BY transaction), what) FROM written ORDER BY number");
	}

	private void partitions() {
		this.database.execute("CREATE TABLE cargo (id int) PARTITION BY LIST (id)",
				"CREATE TABLE cargo_one PARTITION OF cargo FOR VALUES IN (1)");
	}

	private void invalidIndex() {
		this.database.execute("INSERT INTO ship VALUES (-1, 'twice'), (-2, 'twice')");
		invalidIndex("ship");
	}

	private void invalidIndex(String table) {
		try (Connection connection = this.database.open(); Statement statement = connection.createStatement()) {
			statement.execute("CREATE UNIQUE INDEX CONCURRENTLY %1$s_name ON %1$s (name)".formatted(table));
		}
		catch (SQLException ex) {
			assertThat(ex.getSQLState()).isEqualTo("23505");
		}
		assertThat(this.database
			.query("SELECT indisvalid FROM pg_index WHERE indexrelid = '%s_name'::regclass".formatted(table)))
			.containsExactly("f");
	}

	// The session ends while its statement waits for another session
	private ExitStatus dieWaiting(String changeLog) {
		return dieWaiting(changeLog, "SELECT * FROM ship");
	}

	private ExitStatus dieWaiting(String changeLog, String blocking) {
		try (OtherSession blocker = block(blocking)) {
			CompletableFuture<@Nullable LockkeeperException> run = start(changeLog);
			awaitWaiting();
			this.database.query("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE "
					+ "application_name LIKE 'lockkeeper%' AND wait_event_type = 'Lock' AND datname = current_database()");
			return Objects.requireNonNull(run.join(), "The run did not fail").getStatus();
		}
	}

	// The statement is done, and its change set is not in the history
	private void dieAfter(String changeLog, String changeSet) {
		dieAfter(changeLog, changeSet, "SELECT * FROM ship");
	}

	private void dieAfter(String changeLog, String changeSet, String blocking) {
		try (OtherSession blocker = block(blocking)) {
			CompletableFuture<@Nullable LockkeeperException> run = start(changeLog);
			awaitWaiting();
			this.database.execute("CREATE TABLE kept AS SELECT * FROM lockkeeper_intent");
			blocker.release();
			assertThat(run.join()).isNull();
		}
		this.database.execute("INSERT INTO lockkeeper_intent SELECT * FROM kept", "DROP TABLE kept",
				"DELETE FROM databasechangelog WHERE id = '%s'".formatted(changeSet));
	}

	private void awaitWaitingForBuilder() {
		Awaitility.await()
			.atMost(TIMEOUT)
			.until(() -> this.database.query("SELECT pid FROM pg_locks WHERE relation = 'harbour'::regclass "
					+ "AND mode = 'ShareUpdateExclusiveLock' AND NOT granted"), Predicate.not(List::isEmpty));
	}

	private void awaitWaiting() {
		Awaitility.await().atMost(TIMEOUT).until(() -> !waitingSince().isEmpty());
	}

	private String waitingSince() {
		return String.join("", this.database.query("SELECT state_change FROM pg_stat_activity WHERE "
				+ "application_name LIKE 'lockkeeper%' AND wait_event_type = 'Lock' AND datname = current_database()"));
	}

	private CompletableFuture<@Nullable LockkeeperException> start(String changeLog) {
		return start(this.runner, changeLog);
	}

	private static CompletableFuture<@Nullable LockkeeperException> start(ApplicationContextRunner runner,
			String changeLog) {
		return start(runner, changeLog, (context) -> {
		});
	}

	private static CompletableFuture<@Nullable LockkeeperException> start(ApplicationContextRunner runner,
			String changeLog, ContextConsumer<AssertableApplicationContext> action) {
		return CompletableFuture.supplyAsync(() -> run(runner, changeLog, action), (task) -> {
			Thread thread = new Thread(task, "run");
			thread.setDaemon(true);
			thread.start();
		});
	}

	private static @Nullable LockkeeperException run(ApplicationContextRunner runner, String changeLog) {
		return run(runner, changeLog, (context) -> {
		});
	}

	private static @Nullable LockkeeperException run(ApplicationContextRunner runner, String changeLog,
			ContextConsumer<AssertableApplicationContext> action) {
		LockkeeperException[] failure = new LockkeeperException[1];
		runner.withPropertyValues(changeLog).run((context) -> {
			Throwable startup = context.getStartupFailure();
			failure[0] = LockkeeperException.findIn(startup);
			assertThat(startup == null || failure[0] != null).as(() -> "Unforeseen: " + startup).isTrue();
			if (startup == null) {
				action.accept(context);
			}
		});
		return failure[0];
	}

	private void succeed(String changeLog) {
		assertThat(run(this.runner, changeLog)).isNull();
		assertThat(this.database.query("SELECT id FROM lockkeeper_intent")).isEmpty();
	}

	private LockkeeperException fail(String changeLog) {
		return Objects.requireNonNull(run(this.runner, changeLog), "The run did not fail");
	}

	private void follow(LockkeeperException failure, String answer, String changeLog) {
		String[] command = AdvisedCommand.with("--resolve=" + answer, failure.getAction());
		AtomicInteger ended = new AtomicInteger(-1);
		ExitStrategy exit = ended::set;
		this.runner.withPropertyValues(changeLog)
			.withBean(ExitStrategy.class, () -> exit)
			.withInitializer((context) -> context.getEnvironment()
				.getPropertySources()
				.addFirst(new SimpleCommandLinePropertySource(command)))
			.run((context) -> assertThat(context).hasFailed());
		assertThat(ended).hasValue(0);
	}

	private String oid(String index) {
		return this.database.query("SELECT '%s'::regclass::oid".formatted(index)).get(0);
	}

	private List<String> indexes() {
		return this.database
			.query("SELECT indexrelid || ' ' || indisvalid FROM pg_index WHERE indrelid = 'ship'::regclass");
	}

	private void assertWhole(String index) {
		assertThat(this.database
			.query("SELECT indisvalid AND indisready FROM pg_index WHERE indexrelid = '%s'::regclass".formatted(index)))
			.containsExactly("t");
	}

	private void assertRecorded(String... rows) {
		assertThat(this.database.query("SELECT id || ' ' || exectype FROM databasechangelog ORDER BY orderexecuted"))
			.containsExactly(rows);
	}

	private String changeLog(String... changeSets) {
		StringBuilder text = new StringBuilder("--liquibase formatted sql\n");
		for (String changeSet : changeSets) {
			text.append("\n--changeset ").append(changeSet).append('\n');
		}
		try {
			return "spring.liquibase.change-log=file:"
					+ Files.writeString(this.directory.resolve("changelog.sql"), text.toString());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * A pod that inspects as often as it can, in the background and for requests.
	 */
	private final class InspectingPod implements AutoCloseable {

		private final AtomicInteger inspections = new AtomicInteger();

		private final AtomicInteger inspectionsOfTheRun = new AtomicInteger();

		private final CompletableFuture<@Nullable LockkeeperException> life;

		private volatile boolean open;

		private volatile boolean ended;

		InspectingPod(String changeLog) {
			this.life = start(IntentIT.this.runner.withPropertyValues("spring.application.name=inspecting",
					"lockkeeper.mode=defer", "lockkeeper.defer.startup=serve",
					"lockkeeper.readiness.refresh-interval=50ms"), changeLog, this::inspect);
		}

		private void inspect(AssertableApplicationContext context) {
			SchemaGate gate = context.getBean(SchemaGate.class);
			SchemaEndpoint endpoint = new SchemaEndpoint(gate, context.getBean(ModeDecision.class),
					PageContext.of(context.getBean(RunOrigin.class), "schema", null));
			Awaitility.await("the background has inspected")
				.atMost(TIMEOUT)
				.until(() -> Objects.requireNonNull(gate.getKnown("liquibase"))
					.state()
					.status() == SchemaStatus.PENDING);
			while (!this.ended) {
				SchemaInspection inspection = Objects.requireNonNull(gate.inspect("liquibase", Duration.ofSeconds(-1)));
				this.inspectionsOfTheRun.addAndGet((inspection.run() != null) ? 1 : 0);
				endpoint.schemas();
				this.open = gate.isOpen();
				this.inspections.incrementAndGet();
			}
		}

		@Override
		public void close() {
			this.ended = true;
			assertThat(this.life).succeedsWithin(TIMEOUT).isNull();
		}

	}

	private OtherSession block(String sql) {
		return OtherSession.begin(this.database, "reporting", sql);
	}

}
