// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

class StatementKindTests {

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`',
			value = { "CREATE UNIQUE INDEX CONCURRENTLY secret ON t (id) | CREATE INDEX",
					"`-- secret\n/* secret */ create   index on t (id)` | CREATE INDEX",
					"create or replace view secret as select 1 | CREATE VIEW",
					"CREATE TEMP TABLE secret (id int) | CREATE TABLE",
					"create unlogged table secret (id int) | CREATE TABLE", "create publication secret | CREATE",
					"ALTER TABLE secret ADD id int | ALTER TABLE", "alter role secret | ALTER",
					"insert into secret values ('secret') | INSERT",
					"with s as (select 1) insert into t select * from s | WITH", "SELECT 'secret' | SELECT",
					"select('secret') | SELECT", "updatesecret | OTHER", "'secret' | OTHER",
					"refresh materialized view secret | REFRESH MATERIALIZED VIEW", "/* unended secret | OTHER",
					"COMMIT | COMMIT", "vacuum full secret | VACUUM", "` ` |" })
	void isAWordFromAListAndNeverTheText(String sql, @Nullable String kind) {
		String found = StatementKind.of(sql);
		assertThat(found).isEqualTo(kind);
	}

}
