// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock.lease;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * ShedLock's contract on a real PostgreSQL.
 */
@EnabledIfSystemProperty(named = "chaos", matches = "full")
class ShedLockPostgreSqlIT extends ShedLockContract {

	ShedLockPostgreSqlIT() {
		super(LeaseDatabase.postgreSql());
	}

	@Test
	void shouldFailIfKeyNameTooLong() {
		assertNameTooLongFails();
	}

}
