// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock.lease;

import dev.lockkeeper.testsupport.FullTier;

/**
 * The lease on a real HSQLDB.
 */
@FullTier
class HsqldbLeaseIT extends OtherDatabaseLeaseContract {

	HsqldbLeaseIT() {
		super(LeaseDatabase.hsqldb());
	}

}
