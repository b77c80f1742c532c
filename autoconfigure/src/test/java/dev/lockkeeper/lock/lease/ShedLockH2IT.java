// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock.lease;

import dev.lockkeeper.testsupport.FullTier;
import org.junit.jupiter.api.Test;

/**
 * ShedLock's contract on a real H2.
 */
@FullTier
class ShedLockH2IT extends ShedLockContract {

	ShedLockH2IT() {
		super(LeaseDatabase.h2());
	}

	@Test
	void shouldFailIfKeyNameTooLong() {
		assertNameTooLongFails();
	}

}
