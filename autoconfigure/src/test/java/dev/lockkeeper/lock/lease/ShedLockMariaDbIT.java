// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock.lease;

/**
 * ShedLock's contract on a real MariaDB.
 */
class ShedLockMariaDbIT extends ShedLockContract {

	ShedLockMariaDbIT() {
		super(LeaseDatabase.mariaDb());
	}

}
