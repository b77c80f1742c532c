// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock.lease;

import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * The lease on a real HSQLDB.
 */
@EnabledIfSystemProperty(named = "chaos", matches = "full")
class HsqldbLeaseIT extends OtherDatabaseLeaseContract {

	HsqldbLeaseIT() {
		super(LeaseDatabase.hsqldb());
	}

}
