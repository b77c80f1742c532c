// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock;

/**
 * Gives the lock that is kept at an address.
 *
 * @since 0.1.0
 */
@FunctionalInterface
public interface MigrationLocks {

	/**
	 * Return the lock. Nothing is read or written yet.
	 * @param address where it is kept
	 * @return the lock
	 */
	MigrationLock at(LockAddress address);

}
