// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock;

import java.sql.Connection;
import java.util.Optional;

import dev.lockkeeper.schema.LockHolder;

/**
 * The lock of a database that no other process can reach.
 */
enum LocalLock implements MigrationLock {

	INSTANCE;

	@Override
	public Optional<Lease> tryAcquire() {
		return Optional.of(Lease.local());
	}

	@Override
	public Optional<LockHolder> findHolder(Connection connection) {
		return Optional.empty();
	}

}
