// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock.lease;

import dev.lockkeeper.testsupport.FullTier;
import org.junit.jupiter.api.Test;

/**
 * ShedLock's contract on a real PostgreSQL.
 */
@FullTier
class ShedLockPostgreSqlIT extends ShedLockContract {

	ShedLockPostgreSqlIT() {
		super(LeaseDatabase.postgreSql());
	}

	@Test
	void shouldFailIfKeyNameTooLong() {
		assertNameTooLongFails();
	}

}
