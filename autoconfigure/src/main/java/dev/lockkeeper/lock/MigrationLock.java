// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock;

import java.sql.SQLException;
import java.util.Optional;

import dev.lockkeeper.lock.LockRemains.Outcome;

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

	/**
	 * Release the lock in place of its holder, if the session that worked for that holder
	 * is proved to be gone. A holder that lives all the same loses its lease, and stops.
	 * @return what became of it; by default that nothing is proved
	 * @throws SQLException when the database does not answer or refuses
	 */
	default LockRemains releaseDead() throws SQLException {
		return new LockRemains(Outcome.KEPT, null, "this kind of lock cannot tell whether its holder lives");
	}

}
