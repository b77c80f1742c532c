// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock;

import java.sql.SQLException;
import java.util.Optional;

import dev.lockkeeper.lock.LockRemains.Outcome;
import dev.lockkeeper.schema.LockReader;

/**
 * One migrator per schema in the whole cluster. Its methods may be called on any thread.
 * <p>
 * An implementation must provide {@link #tryAcquire()} and {@link #findHolder}. The lock
 * must be free again, without help, some time after the process of its holder has died.
 *
 * @since 0.1.0
 */
public interface MigrationLock extends LockReader {

	/**
	 * Return the lock of a database that no other process can reach: it is always free.
	 * @return the lock
	 */
	static MigrationLock local() {
		return LocalLock.INSTANCE;
	}

	/**
	 * Try to take the lock. Never waits for its holder: a caller that wants to wait calls
	 * again. Nothing is held between two calls, no connection either, until the lock is
	 * taken. It is not reentrant: while a lease of this process lasts, the answer is
	 * empty.
	 * @return the lease, or empty while another holder has the lock
	 * @throws LockObstructedException when the lock cannot be taken now, although no
	 * holder is known; another call may succeed
	 */
	Optional<Lease> tryAcquire();

	/**
	 * Release the lock in place of its holder, if the session that worked for that holder
	 * is proved to be gone. A holder that lives all the same loses its lease, and stops.
	 * @return what became of it; by default that nothing is proved
	 * @throws SQLException when the database does not answer or refuses
	 */
	default LockRemains releaseDead() throws SQLException {
		return new LockRemains(Outcome.KEPT, null, "this kind of lock cannot prove whether its holder is alive");
	}

}
