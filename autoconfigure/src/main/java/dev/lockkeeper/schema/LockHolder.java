// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * Who holds a lock on the schema.
 *
 * @param holder the name that the holder gave itself
 * @param since when it took the lock, if known
 * @param until when the lock expires unless it is renewed, or {@code null} when it does
 * not
 * @since 0.1.0
 */
public record LockHolder(String holder, @Nullable Instant since, @Nullable Instant until) {

	/**
	 * Name the holder.
	 * @return its name, and since when it has held the lock, if that is known
	 */
	public String named() {
		return (this.since != null) ? "%s since %s".formatted(this.holder, this.since) : this.holder;
	}

}
