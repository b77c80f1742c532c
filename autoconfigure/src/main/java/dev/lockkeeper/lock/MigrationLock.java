// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock;

import java.util.Optional;

/**
 * One migrator per schema in the whole cluster. Taking it never waits: who wants to wait
 * asks again, and may look for other answers in between. Nothing is held between two
 * calls, no connection either, until the lock is taken.
 *
 * @since 0.1.0
 */
public interface MigrationLock {

	/**
	 * Return the lock of a database that no other process can reach: it is always free.
	 * @return the lock
	 */
	static MigrationLock local() {
		return () -> Optional.of(Lease.local());
	}

	/**
	 * Try to take the lock.
	 * @return the lease, or empty while somebody else holds it
	 * @throws LockObstructedException when nobody holds it, and what its last holder left
	 * behind may still be at work
	 */
	Optional<Lease> tryAcquire();

}
