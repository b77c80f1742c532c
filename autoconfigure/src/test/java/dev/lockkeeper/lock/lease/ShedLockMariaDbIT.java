// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock.lease;

import dev.lockkeeper.testsupport.FullTier;

/**
 * ShedLock's contract on a real MariaDB.
 */
@FullTier
class ShedLockMariaDbIT extends ShedLockContract {

	ShedLockMariaDbIT() {
		super(LeaseDatabase.mariaDb());
	}

}
