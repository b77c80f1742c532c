// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * SQL as PostgreSQL reads it.
 */
class SqlTextTests {

	@Test
	void hasNeitherCommentsNorSpareBlanks() {
		assertThat(SqlText.of("  -- one\n create /* two /* three */ */ table\n\tt (a int) ; -- end").text())
			.isEqualTo("create table t (a int)");
		assertThat(SqlText.of("-- one\rcreate table t ()").text()).isEqualTo("create table t ()");
	}

	@Test
	void keepsWhatIsQuoted() {
		for (String quoted : new String[] { "'a  -- b'", "'it''s  ;'", "E'it\\'s  ;'", "E'it''s \\'  ;'",
				"$é$ a  ; $é$", "\"a  /* b */\"", "$$ a  ; $$", "$x$ a  $$ ; $x$" }) {
			SqlText text = SqlText.of("SELECT  " + quoted + " ;");
			assertThat(text.text()).isEqualTo("SELECT " + quoted);
			assertThat(text.statements()).as(quoted).hasSize(1);
		}
	}

	@Test
	void separatesSeveralStatements() {
		assertThat(SqlText.of("a ; b").statements()).containsExactly("a", "b");
		assertThat(SqlText.of("a ; b").text()).isEqualTo("a; b");
		assertThat(SqlText.of(";a;;").statements()).containsExactly("a");
		assertThat(SqlText.of("-- nothing").statements()).isEmpty();
		assertThat(SqlText.of("SELECT a$b$c; d$b$").statements()).hasSize(2);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "-- one\n", "\uFEFF /* one */\n-- two\r\n\t/* /* three */ \n*/ ", "-- no end",
			"/* no end" })
	void beginsWithComments(String head) {
		String statement = head.endsWith("end") ? "" : "select 1 /* four */";
		assertThat(SqlText.endOfHead(head + statement)).isEqualTo(head.length());
	}

	@Test
	void readsWhatDoesNotEnd() {
		for (String sql : new String[] { "'a", "\"a", "$$a", "/* a", "-- a", "E'a\\", "$", "" }) {
			assertThat(SqlText.of(sql).statements()).as(sql).hasSizeLessThan(2);
		}
	}

	@Test
	void readsTheNamesOfIdentifiers() {
		assertThat(SqlText.nameOf("Ship")).isEqualTo("ship");
		assertThat(SqlText.nameOf("\"a \"\" B\"")).isEqualTo("a \" B");
	}

	@Test
	void namesAreQuotedWhereSqlWantsIt() {
		assertThat(SqlText.identifier("harbour_7")).isEqualTo("harbour_7");
		assertThat(SqlText.identifier("Harbour")).isEqualTo("\"Harbour\"");
		assertThat(SqlText.identifier("v-harbour-2")).isEqualTo("\"v-harbour-2\"");
		assertThat(SqlText.identifier("7seas")).isEqualTo("\"7seas\"");
		assertThat(SqlText.identifier("so \"called\"")).isEqualTo("\"so \"\"called\"\"\"");
		assertThat(SqlText.identifier("user")).isEqualTo("\"user\"");
		assertThat(SqlText.identifier("hafenärztin")).isEqualTo("\"hafenärztin\"");
		assertThat(SqlText.nameOf(SqlText.identifier("so \"called\""))).isEqualTo("so \"called\"");
	}

}
