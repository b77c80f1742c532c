// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock.lease;

import java.time.Duration;

import dev.lockkeeper.lock.LockAddress;
import dev.lockkeeper.lock.MigrationLock;
import dev.lockkeeper.lock.MigrationLocks;

/**
 * Locks that are leases: their holder renews them, and loses them some time after it has
 * died.
 *
 * @since 0.1.0
 */
public final class LeaseLocks implements MigrationLocks {

	private final Duration duration;

	private final String holder;

	/**
	 * Create locks.
	 * @param duration after this time without renewal another process may take a lease
	 * over
	 * @param holder what names this process; a part that no other acquisition has is
	 * added to it
	 */
	public LeaseLocks(Duration duration, String holder) {
		this.duration = duration;
		this.holder = holder;
	}

	@Override
	public MigrationLock at(LockAddress address) {
		return new LeaseLock(address, this.duration, this.holder);
	}

}
