// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock.lease;

import dev.lockkeeper.testsupport.FullTier;
import org.junit.jupiter.api.Test;

/**
 * ShedLock's contract on a real HSQLDB.
 */
@FullTier
class ShedLockHsqldbIT extends ShedLockContract {

	ShedLockHsqldbIT() {
		super(LeaseDatabase.hsqldb());
	}

	@Test
	void shouldFailIfKeyNameTooLong() {
		assertNameTooLongFails();
	}

}
