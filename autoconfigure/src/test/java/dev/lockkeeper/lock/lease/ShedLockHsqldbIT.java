// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock.lease;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * ShedLock's contract on a real HSQLDB.
 */
@EnabledIfSystemProperty(named = "chaos", matches = "full")
class ShedLockHsqldbIT extends ShedLockContract {

	ShedLockHsqldbIT() {
		super(LeaseDatabase.hsqldb());
	}

	@Test
	void shouldFailIfKeyNameTooLong() {
		assertNameTooLongFails();
	}

}
