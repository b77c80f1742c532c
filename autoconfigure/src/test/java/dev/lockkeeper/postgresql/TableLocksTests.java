// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link TableLocks}.
 */
class TableLocksTests {

	private static final Set<String> WEAK = Set.of("AccessShareLock", "RowShareLock", "RowExclusiveLock");

	@Test
	void aStatementThatWasSeenToTakeAStrongLockCountsAsStrong() throws IOException {
		List<String[]> measured = measured().filter((line) -> !WEAK.contains(line[0])).toList();
		assertThat(measured).hasSizeGreaterThan(100)
			.allSatisfy((line) -> assertThat(TableLocks.of(SqlText.of(line[1])).isStrong()).as(line[1]).isTrue());
	}

	@Test
	void aStatementThatWasSeenToTakeNoStrongLockCountsAsWeak() throws IOException {
		List<String[]> measured = measured().filter((line) -> WEAK.contains(line[0])).toList();
		assertThat(measured).hasSizeGreaterThan(10)
			.allSatisfy(
					(line) -> assertThat(TableLocks.of(SqlText.of(line[1]))).as(line[1]).isEqualTo(TableLocks.WEAK));
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "select f(1)", "(select 1) union (select 2)", "with w as (delete from t) select 1",
			"values (1)", "table t", "merge into t using u on true when matched then delete", "copy t from stdin",
			"set local lock_timeout = 0", "explain analyze delete from t", "create temp table t (id int)",
			"create unlogged table t (id int)", "lock table t in row exclusive mode",
			"lock t in access share mode nowait", "revoke select on t from r", "create schema s",
			"create schema if not exists s authorization me", "create table u (like t including all)",
			"create table if not exists u partition by list (id)", "create view v as select * from t",
			"create materialized view m as select * from t", "create sequence q owned by t.id",
			"do $$ begin insert into t values (1); end $$", "insert into t values (1); update t set id = 2" })
	void whatLeavesTablesReadableAndWritableIsWeak(String sql) {
		assertThat(TableLocks.of(SqlText.of(sql))).isEqualTo(TableLocks.WEAK);
	}

	@ParameterizedTest
	@ValueSource(strings = { "alter table t add c int", "/* a */ ALTER TABLE t ADD c int", "lock t",
			"lock table t in exclusive mode", "create table u (id int references t)",
			"create table u partition of t default", "create table u () inherits (t)", "truncate t",
			"create schema s create table u (id int references public.t)",
			"create schema if not exists s authorization me create table u (id int)\n\tcreate view v as select 1",
			"CREATE SCHEMA s CREATE TRIGGER r AFTER UPDATE ON u FROM public.t FOR EACH ROW EXECUTE FUNCTION f()",
			"create temp table u (id int references t)",
			"create unlogged table u (id int, foreign key (id) references t)",
			"create table if not exists u partition/**/of t for values in (1)", "create table u (like t) inherits (t)",
			"create foreign table u partition of t default server s", "create rule r as on insert to t do nothing",
			"create constraint trigger r after update on u from t for each row execute function f()",
			"create event trigger e on ddl_command_end execute function f()", "create extension e",
			"create policy p on t", "create statistics s on a, b from t", "create or replace temp view v as select 1",
			"do $$ begin reassign owned by a to b; end $$", "do $$ begin security label on table t is ''; end $$",
			"comment on table t is ''", "something new", "create or replace view v as select 1", "vacuum full t",
			"alter table t add c text default 'update'", "create trigger r before update on t execute function f()" })
	void whatMakesOthersWaitOrIsUnknownIsStrong(String sql) {
		assertThat(TableLocks.of(SqlText.of(sql))).isEqualTo(TableLocks.STRONG);
	}

	@ParameterizedTest
	@ValueSource(strings = { "do $$ begin alter table t add c int; update t set c = 1; end $$",
			"do $$ begin execute 'drop table t'; end $$", "call p()", "alter table t add c int; update t set c = 1",
			"select 1; drop table t" })
	void whatMayLockRowsBesideTablesIsRecognised(String sql) {
		assertThat(TableLocks.of(SqlText.of(sql))).isEqualTo(TableLocks.STRONG_WITH_ROWS);
	}

	@ParameterizedTest
	@ValueSource(strings = { "set transaction snapshot 'x'",
			"SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; alter table t add c int", "begin", "start transaction" })
	void nothingMayPrecedeWhatBeginsATransaction(String sql) {
		assertThat(TableLocks.mustBeFirst(SqlText.of(sql))).isTrue();
	}

	private static Stream<String[]> measured() throws IOException {
		try (BufferedReader reader = new BufferedReader(new InputStreamReader(
				Objects.requireNonNull(TableLocksTests.class.getResourceAsStream("measured-locks.txt")),
				StandardCharsets.UTF_8))) {
			return reader.lines()
				.filter((line) -> !line.startsWith("#"))
				.map((line) -> line.split("\t", 2))
				.toList()
				.stream();
		}
	}

}
