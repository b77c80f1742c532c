// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.transaction;

import java.time.Duration;
import java.util.List;

import dev.lockkeeper.schema.RunActivity.Blocker;
import dev.lockkeeper.transaction.LockWaits.Waited;
import org.jspecify.annotations.Nullable;

/**
 * How long each statement of one change set may take, and how long all of them together
 * may wait for locks on tables: a table that is locked already is not held for long while
 * the lock on the next one is waited for.
 */
final class StatementLimits {

	/**
	 * What is left at least of a timeout, so that a lock that is hardly contended is
	 * still granted.
	 */
	private static final int LEAST = 20;

	private final ChangeSetTimeouts said;

	private final LockWaits waits;

	private final Duration timeout;

	private Duration waited = Duration.ZERO;

	private List<Blocker> blockers = List.of();

	private boolean own;

	/** How long the statement waits for a lock at most; zero for as long as it takes. */
	private Duration inForce = Duration.ZERO;

	private boolean ofSession;

	private boolean onTables;

	private long began;

	private Duration lasted = Duration.ZERO;

	/**
	 * Create the limits of a change set.
	 * @param said what the change set says in its comment
	 * @param limits what holds for each change set
	 */
	StatementLimits(ChangeSetTimeouts said, LockLimits limits) {
		this.said = said;
		this.waits = limits.waits();
		Duration lock = said.lock();
		this.timeout = (lock != null) ? lock : limits.timeout();
	}

	/**
	 * Return how long the change set waits for locks altogether; zero for as long as it
	 * takes.
	 */
	Duration getLockTimeout() {
		return this.timeout;
	}

	/**
	 * Return how long the change set waits for locks like those of the last statement:
	 * altogether, or as long as its session does for each. Zero for as long as it takes.
	 */
	Duration getLastTimeout() {
		return this.ofSession ? this.inForce : this.timeout;
	}

	/**
	 * Return whether the last statement has lasted at least as long as it waits for a
	 * lock: otherwise it has failed because it does not wait.
	 */
	boolean isOver() {
		return !this.inForce.isZero() && this.lasted.compareTo(this.inForce.minus(this.inForce.dividedBy(LEAST))) >= 0;
	}

	/**
	 * Return whether the last statement is known to have waited for tables.
	 */
	boolean isOnTables() {
		return this.onTables;
	}

	/**
	 * Return how long each statement may take, or {@code null} when the change set does
	 * not say so.
	 */
	@Nullable Duration getStatementTimeout() {
		return this.said.statement();
	}

	/**
	 * Return whether the comment of the change set says how long it waits.
	 */
	boolean isSaid() {
		return this.said.lock() != null;
	}

	/**
	 * A statement of the change set sets how long its session waits: that stays.
	 */
	void setItself() {
		this.own = true;
	}

	/**
	 * Return whether a statement of the change set has set how long its session waits.
	 */
	boolean isOwn() {
		return this.own;
	}

	/**
	 * Return how long the next statement may wait.
	 * @return the time, or {@code null} for as long as its session does
	 */
	@Nullable Duration remaining() {
		if (this.own) {
			return null;
		}
		if (this.timeout.isZero()) {
			return this.said.lock();
		}
		Duration least = this.timeout.dividedBy(LEAST).plusMillis(1);
		Duration left = this.timeout.minus(this.waited);
		return (left.compareTo(least) < 0) ? least : left;
	}

	/**
	 * A statement is about to be executed.
	 * @param limit how long it waits for a lock at most; {@code null} for as long as its
	 * session does, zero for as long as it takes
	 * @param session how long its session waits; zero for as long as it takes
	 * @param tables whether it takes locks on tables, and is not known to take others
	 */
	void begin(@Nullable Duration limit, Duration session, boolean tables) {
		this.ofSession = limit == null;
		this.inForce = (limit != null) ? limit : session;
		this.onTables = tables;
		this.began = System.nanoTime();
		this.waits.begin(this.inForce);
	}

	/**
	 * The statement has ended.
	 * @param limited whether its wait counts
	 */
	void end(boolean limited) {
		this.lasted = Duration.ofNanos(System.nanoTime() - this.began);
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
