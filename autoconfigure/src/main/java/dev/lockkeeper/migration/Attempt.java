// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import dev.lockkeeper.lock.Lease;
import dev.lockkeeper.schema.SchemaState;
import org.jspecify.annotations.Nullable;

/**
 * What asking for the lock of a schema came to.
 *
 * @param state the schema, seen after the lock was taken
 * @param lease the lease, or {@code null} when somebody else has done the work
 */
record Attempt(SchemaState state, @Nullable Lease lease) implements AutoCloseable {

	@Override
	public void close() {
		if (this.lease != null) {
			this.lease.close();
		}
	}

}
