// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock.lease;

import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * The lease on a real MariaDB.
 */
@EnabledIfSystemProperty(named = "chaos", matches = "full")
class MariaDbLeaseIT extends OtherDatabaseLeaseContract {

	MariaDbLeaseIT() {
		super(LeaseDatabase.mariaDb());
	}

}
