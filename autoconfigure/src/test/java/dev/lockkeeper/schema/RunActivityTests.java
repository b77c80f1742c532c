// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import java.time.Instant;

import dev.lockkeeper.schema.RunActivity.Blocker;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RunActivity}.
 */
class RunActivityTests {

	private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");

	@Test
	void aSessionIsDescribedByAllThatTheServerShows() {
		Blocker blocker = new Blocker(7, "reporting", "reports", "idle in transaction", NOW.minusMillis(1872345),
				"SELECT ?");
		assertThat(blocker.describe(NOW))
			.isEqualTo("pid 7, login reports, application reporting, idle in transaction, in a transaction for "
					+ "31m12s, query: SELECT ?");
	}

	@Test
	void whatTheServerDoesNotShowIsLeftOut() {
		assertThat(new Blocker(7, null, null, null, null, null).describe(NOW)).isEqualTo("pid 7");
	}

	@Test
	void aTransactionThatBeganByAClockThatIsAheadHasLastedNoTime() {
		assertThat(new Blocker(7, null, null, null, NOW.plusSeconds(5), null).describe(NOW))
			.isEqualTo("pid 7, in a transaction for 0s");
	}

	@Test
	void aPreparedTransactionIsNoSession() {
		assertThat(new Blocker(0, null, null, null, null, null).describe(NOW))
			.isEqualTo("a prepared transaction, see pg_prepared_xacts");
	}

}
