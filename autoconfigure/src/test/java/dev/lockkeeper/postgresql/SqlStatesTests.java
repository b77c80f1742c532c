// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.sql.BatchUpdateException;
import java.sql.SQLException;

import dev.lockkeeper.schema.DatabaseFailure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatObject;

/**
 * Which exception speaks for a failure, and what kind of failure an SQLSTATE stands for.
 */
class SqlStatesTests {

	private final SQLException server = new SQLException("ERROR: duplicate key value", "23505");

	@Test
	void theServerSpeaksForABatchThatShowsItsStatement() {
		BatchUpdateException batch = new BatchUpdateException(
				"Batch entry 1 INSERT INTO users VALUES ('bob') was aborted: ERROR: duplicate key value", "23505",
				new int[0], this.server);
		batch.setNextException(this.server);
		assertThatObject(SqlStates.exceptionIn(new IllegalStateException(batch))).isSameAs(this.server);
	}

	@Test
	void aBatchSpeaksForItselfWithoutAnotherException() {
		BatchUpdateException batch = new BatchUpdateException("cancelled", "57014", new int[0]);
		assertThatObject(SqlStates.exceptionIn(batch)).isSameAs(batch);
	}

	@ParameterizedTest
	@CsvSource({ "08001, UNREACHABLE", "08006, UNREACHABLE", "57P03, UNREACHABLE", "53300, TOO_MANY_CONNECTIONS",
			"57P01, SESSION_ENDED", "57P02, SESSION_ENDED", "57014, OUT_OF_TIME", "25P03, OUT_OF_TIME",
			"25P04, OUT_OF_TIME", "57P05, OUT_OF_TIME", "55P03, LOCKED", "40P01, LOCKED", "40001, NOT_SERIALIZABLE",
			"0A000, NOT_SUPPORTED", "25006, READ_ONLY", "53000, SHORTAGE", "53100, SHORTAGE", "53400, SHORTAGE",
			"28P01, WRONG_PASSWORD", "28000, LOGIN_REFUSED", "42501, MISSING_RIGHT", "3D000, NO_SUCH_DATABASE",
			"42P01, OF_STATEMENT", "23505, OF_STATEMENT", "57P04, OF_STATEMENT", "57000, OF_STATEMENT", ", UNKNOWN" })
	void eachSqlStateStandsForAKindOfFailure(String state, DatabaseFailure kind) {
		assertThat(SqlStates.kindOf(state)).isEqualTo(kind);
	}

}
