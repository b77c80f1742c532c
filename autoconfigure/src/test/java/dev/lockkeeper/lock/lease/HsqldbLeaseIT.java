// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock.lease;

/**
 * The lease on a real HSQLDB.
 */
class HsqldbLeaseIT extends OtherDatabaseLeaseContract {

	HsqldbLeaseIT() {
		super(LeaseDatabase.hsqldb());
	}

}
