// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.sql.BatchUpdateException;
import java.sql.SQLException;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThatObject;

/**
 * Which exception speaks for a failure.
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
	void aBatchSpeaksForItselfWhenNobodyElseDoes() {
		BatchUpdateException batch = new BatchUpdateException("cancelled", "57014", new int[0]);
		assertThatObject(SqlStates.exceptionIn(batch)).isSameAs(batch);
	}

}
