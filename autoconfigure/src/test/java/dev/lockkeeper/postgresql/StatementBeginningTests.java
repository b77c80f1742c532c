// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link StatementBeginning}.
 */
class StatementBeginningTests {

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
			select name from ship where name = 'secret' | select name from ship where name = ?
			update t set a = 17, b2 = 1.5 where t1.x = -3 | update t set a = ?, b2 = ? where t1.x = -?
			select 'it''s secret', E'it\\'s secret' | select ?, ?
			select 'C:\\dir', 'ends\\\\', 'secret' | select ?, ?, ?
			alter role me password 'secret | alter role me password ?
			select $$secret$$, $tag$ secret $$ secret $tag$ from t | select ?, ? from t
			select $1 from "t1" /* secret */ -- secret | select $1 from "t1"
			select "it's", 'secret' from t | select "it's", ? from t
			select .5, 1e-5, 0x1F, 1_000, a1, a$2 from t | select ?, ?-?, ?, ?, a1, a$2 from t
			select U&'secret', N'secret', B'101', X'1F', date'2020-01-01' | select U&?, N?, B?, X?, date?
			select E'it''s \\' secret', 1 | select ?, ?
			select $tag_1$ secret $tag$ secret $tag_1$, $é$ secret $é$, a$b$c | select ?, ?, a$b$c
			""")
	void literalsAreReplaced(String sql, String expected) {
		assertThat(StatementBeginning.of(sql)).isEqualTo(expected);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
			select 'it\\'s secretAAA', 'secretBBB' | select ? …
			select 'ends\\', 'secret' | select ? …
			select 1, 'a\\'' secret', 2 | select ?, ? …
			select 'it\\'s -- secret', 'secret' | select ? …
			begin; update t set a = N'it\\'s secret'; commit | begin; update t set a = N? …
			select 'cut\\'secret | select ? …
			""")
	void nothingIsShownFromALiteralOnWhoseEndIsNotKnown(String sql, String expected) {
		assertThat(StatementBeginning.of(sql)).isEqualTo(expected);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`',
			textBlock = """
					set my.token to hunter3 | set my.token to ?
					SET LOCAL my.token = hunter3, other | SET LOCAL my.token = ?
					set session "My"."Token" TO 'secret' | set session "My"."Token" TO ?
					set my.token=hunter3 | set my.token= ?
					set time zone utc | set time zone ?
					begin; set local a.b = hunter3; select 1 | begin; set local a.b = ?; select ?
					alter role me in database d set my.token to hunter3 | alter role me in database d set my.token to ?
					alter system set x = hunter3 | alter system set x = ?
					create or replace function f() returns int set x to hunter3 as $$ a $$ | create or replace function f() returns int set x to ?
					alter user me with encrypted password hunter3 | alter user me with encrypted password ?
					create role me password $$secret$$ login | create role me password ?
					select set_config('my.token', 'secret', false) | select set_config(?, ?, false)
					update t set a = b | update t set a = b
					alter table t set (fillfactor = 70) | alter table t set (fillfactor = ?)
					set role owner | set role owner
					""")
	void ofASettingOnlyTheNameIsShown(String sql, String expected) {
		assertThat(StatementBeginning.of(sql)).isEqualTo(expected);
	}

	@ParameterizedTest
	@ValueSource(strings = { "select 'secret", "select e'secret\\", "select E'secret\\'", "select $$secret",
			"select $a$secret $a", "select $a$secret$b$", "select /* secret", "select -- secret",
			"select /* a /* secret */ secret", "select U&'secret", "select x'secret", "select 5e", "select .5",
			"select $é$secret", "select 'secret'''" })
	void aStatementThatIsCutShowsNothingOfItsLastLiteral(String sql) {
		assertThat(StatementBeginning.of(sql)).doesNotContain("secret", "5").startsWith("select");
	}

	@ParameterizedTest
	@ValueSource(strings = { "'", "''", "'a", "\\'", "E'", "e'\\", "\"", "\"a ", "$", "$$", "$a", "$a$", "$1", "a$",
			"/*", "/*/*", "-- ", "--a\r", ";", "(", "1", ".", ".1 ", "a.b", "set a = ", "set a to ", " ", "é", "\uD83D",
			"=", "\0", "\\" })
	void everyTextIsReadToItsEnd(String part) {
		for (String beginning : new String[] { "", "select ", "set x = ", "alter role r password ", "select 'a" }) {
			for (int count : new int[] { 1, 2, 3, 1_000_000 / part.length() }) {
				String shown = StatementBeginning.of(beginning + part.repeat(count));
				assertThat((shown != null) ? shown : "").hasSizeLessThanOrEqualTo(80);
			}
		}
	}

	@Test
	void aLongStatementIsCutBetweenTwoWords() {
		String beginning = StatementBeginning.of("select " + "column_of_some_length, ".repeat(20) + "x from t");
		assertThat(beginning).hasSizeLessThanOrEqualTo(80).endsWith("column_of_some_length, …");
	}

	@ParameterizedTest
	@NullSource
	@ValueSource(strings = { "", " ", "<insufficient privilege>" })
	void whatIsNotShownHasNoBeginning(String sql) {
		assertThat(StatementBeginning.of(sql)).isNull();
	}

}
