// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock.lease;

import org.junit.jupiter.api.Test;

/**
 * ShedLock's contract on a real HSQLDB.
 */
class ShedLockHsqldbIT extends ShedLockContract {

	ShedLockHsqldbIT() {
		super(LeaseDatabase.hsqldb());
	}

	@Test
	void shouldFailIfKeyNameTooLong() {
		assertNameTooLongFails();
	}

}
