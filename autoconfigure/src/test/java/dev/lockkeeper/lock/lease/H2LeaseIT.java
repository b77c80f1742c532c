// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock.lease;

import dev.lockkeeper.testsupport.FullTier;

/**
 * The lease on a real H2.
 */
@FullTier
class H2LeaseIT extends OtherDatabaseLeaseContract {

	H2LeaseIT() {
		super(LeaseDatabase.h2());
	}

}
