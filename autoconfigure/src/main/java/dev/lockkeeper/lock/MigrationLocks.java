// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock;

/**
 * Gives the lock of each schema. A bean of this type replaces the locks of Lockkeeper;
 * all processes that migrate a schema must have locks of the same kind.
 *
 * @since 0.1.0
 */
@FunctionalInterface
public interface MigrationLocks {

	/**
	 * Return the lock of a schema. Called often, also for the same schema, and cheap:
	 * nothing is read or written yet. Two locks for the same address are one lock.
	 * @param address the schema
	 * @return the lock
	 */
	MigrationLock at(LockAddress address);

}
