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
			select 'ends\\', 'secret' | select ?, ?
			alter role me password 'secret | alter role me password ?
			select $$secret$$, $tag$ secret $$ secret $tag$ from t | select ?, ? from t
			select $1 from "t1" /* secret */ -- secret | select $1 from "t1"
			""")
	void literalsAreReplaced(String sql, String expected) {
		assertThat(StatementBeginning.of(sql)).isEqualTo(expected);
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
