// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock.lease;

import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * ShedLock's contract on a real MariaDB.
 */
@EnabledIfSystemProperty(named = "chaos", matches = "full")
class ShedLockMariaDbIT extends ShedLockContract {

	ShedLockMariaDbIT() {
		super(LeaseDatabase.mariaDb());
	}

}
