// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock;

import java.sql.Connection;
import java.util.Optional;
import java.util.function.Supplier;

import dev.lockkeeper.schema.LockHolder;

/**
 * A lock that gives the leases of a test, and names no holder.
 *
 * @param leases gives the answer of each attempt
 */
public record SuppliedLock(Supplier<Optional<Lease>> leases) implements MigrationLock {

	@Override
	public Optional<Lease> tryAcquire() {
		return this.leases.get();
	}

	@Override
	public Optional<LockHolder> findHolder(Connection connection) {
		return Optional.empty();
	}

}
