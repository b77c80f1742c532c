// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock.lease;

import dev.lockkeeper.testsupport.FullTier;

/**
 * The lease on a real MariaDB.
 */
@FullTier
class MariaDbLeaseIT extends OtherDatabaseLeaseContract {

	MariaDbLeaseIT() {
		super(LeaseDatabase.mariaDb());
	}

}
