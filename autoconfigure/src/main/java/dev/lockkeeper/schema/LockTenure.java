// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * The time for which one holder holds a lock.
 *
 * @param lasts whether the holder still holds the lock
 * @param endedAt when the holder lost or released the lock; {@code null} while it holds
 * it, and when that is not known any more
 * @since 0.1.0
 */
public record LockTenure(boolean lasts, @Nullable Instant endedAt) {

	/**
	 * The tenure of a holder that still holds the lock.
	 */
	public static final LockTenure LASTING = new LockTenure(true, null);

	/**
	 * Create the tenure of a holder that does not hold the lock any more.
	 * @param endedAt when it ended, or {@code null} when that is not known
	 * @return the tenure
	 */
	public static LockTenure over(@Nullable Instant endedAt) {
		return new LockTenure(false, endedAt);
	}

}
