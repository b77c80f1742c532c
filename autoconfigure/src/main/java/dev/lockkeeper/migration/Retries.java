// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.time.Duration;

import dev.lockkeeper.waiting.TimeBudget;

/**
 * How often a run that loses its connection is begun again, and how long that may take
 * after each loss. The count begins anew when fewer change sets are pending than ever
 * before; the other work of a run may be the same each time.
 */
final class Retries {

	private final int most;

	private final Duration longest;

	private int fewestPending;

	private int begun = 1;

	private TimeBudget budget;

	/**
	 * Create the retries of a run, which has begun for the first time.
	 * @param most how often it is begun, the first time included
	 * @param longest the longest time from a loss until it is begun again
	 * @param pending the change sets that were pending then
	 */
	Retries(int most, Duration longest, int pending) {
		this.most = most;
		this.longest = longest;
		this.fewestPending = pending;
		this.budget = new TimeBudget(longest);
	}

	/**
	 * Return whether the run may be begun again.
	 */
	boolean mayRetry() {
		return this.begun < this.most && !remaining().isZero();
	}

	/**
	 * Return how long it may take until the run is begun again. The time runs from the
	 * first question after a loss.
	 */
	Duration remaining() {
		return this.budget.atMost(this.longest);
	}

	/**
	 * Note that the run is begun again.
	 * @param pending the change sets that are pending now
	 */
	void beginAgain(int pending) {
		if (pending < this.fewestPending) {
			this.fewestPending = pending;
			this.begun = 1;
		}
		else {
			this.begun++;
		}
		this.budget = new TimeBudget(this.longest);
	}

	@Override
	public String toString() {
		return "%d of %d times".formatted(this.begun, this.most);
	}

}
