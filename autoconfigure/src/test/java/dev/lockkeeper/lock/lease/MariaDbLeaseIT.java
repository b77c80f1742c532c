// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock.lease;

/**
 * The lease on a real MariaDB.
 */
class MariaDbLeaseIT extends OtherDatabaseLeaseContract {

	MariaDbLeaseIT() {
		super(LeaseDatabase.mariaDb());
	}

}
