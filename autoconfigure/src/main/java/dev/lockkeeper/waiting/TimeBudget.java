// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.waiting;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * A time that several activities share. It begins to run with the first question. Safe
 * for use by several threads.
 *
 * @since 0.1.0
 */
public final class TimeBudget {

	private final @Nullable Duration total;

	private @Nullable Long began;

	/**
	 * Create a budget.
	 * @param total the time, or {@code null} for no limit
	 */
	public TimeBudget(@Nullable Duration total) {
		this.total = total;
	}

	/**
	 * Return what remains of the budget, at most.
	 * @param most the longest time that is wanted
	 * @return the lesser of the two, never negative
	 */
	public Duration atMost(Duration most) {
		Duration remaining = remaining();
		return (remaining != null && remaining.compareTo(most) < 0) ? remaining : most;
	}

	/**
	 * Return what remains.
	 * @return what remains, never negative; {@code null} for no limit
	 */
	public synchronized @Nullable Duration remaining() {
		long now = System.nanoTime();
		if (this.began == null) {
			this.began = now;
		}
		if (this.total == null) {
			return null;
		}
		Duration remaining = this.total.minusNanos(now - this.began);
		return remaining.isNegative() ? Duration.ZERO : remaining;
	}

}
