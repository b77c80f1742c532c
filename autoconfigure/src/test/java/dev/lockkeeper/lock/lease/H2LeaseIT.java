// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock.lease;

/**
 * The lease on a real H2.
 */
class H2LeaseIT extends OtherDatabaseLeaseContract {

	H2LeaseIT() {
		super(LeaseDatabase.h2());
	}

}
