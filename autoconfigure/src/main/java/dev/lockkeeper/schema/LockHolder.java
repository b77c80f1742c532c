// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * The process that holds a lock on the schema.
 *
 * @param holder the name of the holder
 * @param since when it took the lock, if known
 * @param until when the lock ends unless it is renewed, or {@code null} when it does not
 * end by itself
 * @param ofEngine whether the lock is the engine's own, held by an engine that is not
 * governed
 * @since 0.1.0
 */
public record LockHolder(String holder, @Nullable Instant since, @Nullable Instant until, boolean ofEngine) {

	/**
	 * Create the holder of a lock that keeps the migrators of a schema apart.
	 * @param holder the name of the holder
	 * @param since when it took the lock, if known
	 * @param until when the lock ends unless it is renewed, or {@code null} when it does
	 * not end by itself
	 */
	public LockHolder(String holder, @Nullable Instant since, @Nullable Instant until) {
		this(holder, since, until, false);
	}

	/**
	 * Create the holder of the engine's own lock, which does not end by itself.
	 * @param holder the name of the holder
	 * @param since when it took the lock, if known
	 * @return the holder
	 */
	public static LockHolder ofEngine(String holder, @Nullable Instant since) {
		return new LockHolder(holder, since, null, true);
	}

	/**
	 * Name the holder.
	 * @return its name, and since when it has held the lock, if that is known
	 */
	public String named() {
		return (this.since != null) ? "%s since %s".formatted(this.holder, this.since) : this.holder;
	}

}
