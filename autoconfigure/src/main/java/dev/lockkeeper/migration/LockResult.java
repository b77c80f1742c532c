// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import dev.lockkeeper.lock.Lease;
import dev.lockkeeper.schema.SchemaState;
import org.jspecify.annotations.Nullable;

/**
 * The result of trying to take the lock of a schema.
 *
 * @param state the schema, inspected after the lock was taken
 * @param lease the lease, or {@code null} when another process has migrated the schema
 */
record LockResult(SchemaState state, @Nullable Lease lease) {
}
