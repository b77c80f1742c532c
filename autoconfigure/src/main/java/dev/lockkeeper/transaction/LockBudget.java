// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.transaction;

import java.time.Duration;
import java.util.List;

import dev.lockkeeper.schema.RunActivity.Blocker;
import dev.lockkeeper.transaction.LockWaits.Waited;
import org.jspecify.annotations.Nullable;

/**
 * The time that the statements of one change set may wait for locks on tables, all
 * together: a table that is locked already is not held for long while the lock on the
 * next one is waited for.
 */
final class LockBudget {

	/**
	 * What is left at least of a timeout, so that a lock that is hardly contended is
	 * still granted.
	 */
	private static final int LEAST = 20;

	private final LockWaits waits;

	private final Duration timeout;

	private Duration waited = Duration.ZERO;

	private List<Blocker> blockers = List.of();

	LockBudget(LockWaits waits, Duration timeout) {
		this.waits = waits;
		this.timeout = timeout;
	}

	/**
	 * Return how long the change set waits for locks altogether; zero for as long as it
	 * takes.
	 */
	Duration getTimeout() {
		return this.timeout;
	}

	/**
	 * Return how long the next statement may wait.
	 * @return the time, or {@code null} for as long as it takes
	 */
	@Nullable Duration remaining() {
		if (this.timeout.isZero()) {
			return null;
		}
		Duration least = this.timeout.dividedBy(LEAST).plusMillis(1);
		Duration left = this.timeout.minus(this.waited);
		return (left.compareTo(least) < 0) ? least : left;
	}

	/**
	 * A statement is about to be executed.
	 * @param limit how long it waits for a lock at most, or {@code null}
	 */
	void begin(@Nullable Duration limit) {
		this.waits.begin((limit != null) ? limit : Duration.ZERO);
	}

	/**
	 * The statement has ended.
	 * @param limited whether its wait counts
	 */
	void end(boolean limited) {
		Waited observed = this.waits.end();
		this.blockers = observed.blockers();
		if (limited) {
			this.waited = this.waited.plus(observed.duration());
		}
	}

	/**
	 * Return for which sessions the last statement has waited, as far as that was seen.
	 */
	List<Blocker> getBlockers() {
		return this.blockers;
	}

}
