// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.intent;

import dev.lockkeeper.intent.Operation.Nature;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is recognised of a statement.
 */
class OperationTests {

	@ParameterizedTest
	@CsvSource(delimiter = '|', value = { "CREATE INDEX CONCURRENTLY i ON t (a) | JUDGED | CREATE INDEX",
			"create unique index /* now */ concurrently if not exists \"I i\" on s.\"t t\" using gin (a) | JUDGED | CREATE INDEX",
			"CREATE INDEX CONCURRENTLY ON t (a) | JUDGED | CREATE INDEX",
			"CREATE INDEX i ON t (a) | TRANSACTIONAL | CREATE INDEX",
			"DROP INDEX CONCURRENTLY IF EXISTS s.i CASCADE; | JUDGED | DROP INDEX",
			"DROP INDEX s.i | TRANSACTIONAL | TRANSACTIONAL",
			"REINDEX (VERBOSE, CONCURRENTLY) TABLE t | JUDGED | REINDEX",
			"REINDEX INDEX CONCURRENTLY i | JUDGED | REINDEX",
			"ALTER TABLE ONLY p DETACH PARTITION s.c CONCURRENTLY | JUDGED | DETACH PARTITION",
			"ALTER TABLE p DETACH PARTITION c | TRANSACTIONAL | TRANSACTIONAL",
			"ALTER TYPE t ADD VALUE 'a' | TRANSACTIONAL | TRANSACTIONAL",
			"-- first VACUUM (ANALYZE) t | TRANSACTIONAL | TRANSACTIONAL",
			"VACUUM (ANALYZE) t | REPEATABLE | REPEATABLE", "SET search_path = s | SESSION | SESSION",
			"SET CONSTRAINTS ALL IMMEDIATE | TRANSACTIONAL | TRANSACTIONAL",
			"select pg_catalog.set_config('a.b', 'c', false) | SESSION | SESSION", "BEGIN | CONTROL | CONTROL",
			"COMMIT | COMMIT | COMMIT", "COMMIT PREPARED 'a' | UNKNOWN | UNKNOWN", "CALL p() | UNKNOWN | UNKNOWN",
			"DO $$ BEGIN PERFORM 1; END $$ | TRANSACTIONAL | TRANSACTIONAL",
			"DO $$ BEGIN COMMIT; END $$ | UNKNOWN | UNKNOWN",
			"INSERT INTO t VALUES (';') | TRANSACTIONAL | TRANSACTIONAL",
			"INSERT INTO t VALUES (1); INSERT INTO t VALUES (2) | TRANSACTIONAL | TRANSACTIONAL",
			"INSERT INTO t VALUES (1); COMMIT; INSERT INTO t VALUES (2) | UNKNOWN | UNKNOWN" })
	void hasANature(String sql, Nature nature, String kind) {
		Operation operation = Operation.of(sql);
		assertThat(operation.getNature()).isEqualTo(nature);
		assertThat(operation.getKind()).isEqualTo(kind);
	}

	@Test
	void onlyWhatLeavesSomethingInvalidWaitsForLocks() {
		assertThat(Operation.of("CREATE INDEX CONCURRENTLY i ON t (a)").waitsForLocks()).isTrue();
		assertThat(Operation.of("CREATE INDEX i ON t (a)").waitsForLocks()).isFalse();
		assertThat(Operation.of("VACUUM t").waitsForLocks()).isFalse();
	}

	@Test
	void aSummaryIsShort() {
		assertThat(Operation.of("CALL p('" + "x".repeat(500) + "') -- x").summary()).hasSize(100)
			.startsWith("CALL p(")
			.endsWith("...");
	}

}
