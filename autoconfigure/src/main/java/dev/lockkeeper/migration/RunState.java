// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.time.Duration;

import dev.lockkeeper.schema.ChangeSetReference;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a run at any moment, on any thread: its stage, and for how long it has
 * lasted.
 */
final class RunState {

	/**
	 * A shorter wait for a lock is not logged.
	 */
	private static final Duration UNNOTICED = Duration.ofMillis(500);

	private final long started = System.nanoTime();

	private volatile RunStage stage = new RunStage.Inspecting();

	void enter(RunStage next) {
		this.stage = next;
	}

	RunStage getStage() {
		return this.stage;
	}

	/**
	 * Return whether the run has found something to migrate.
	 */
	boolean isNeeded() {
		return !(this.stage instanceof RunStage.Inspecting);
	}

	@Nullable String whereabouts() {
		return this.stage.whereabouts();
	}

	@Nullable ChangeSetReference getRunning() {
		return this.stage.running();
	}

	int countApplied() {
		return this.stage.applied();
	}

	Duration getLockWait() {
		return this.stage.lockWait();
	}

	/**
	 * Return how long the run has lasted, without its waits for locks.
	 */
	Duration elapsed() {
		Duration whole = Duration.ofNanos(System.nanoTime() - this.started);
		Duration own = whole.minus(getLockWait());
		return own.isNegative() ? Duration.ZERO : own;
	}

	/**
	 * Return for how long the run has waited for its locks, as the end of a clause; empty
	 * when it hardly has.
	 */
	String afterWait() {
		Duration waited = getLockWait();
		return (waited.compareTo(UNNOTICED) >= 0) ? " after waiting %d ms for the lock".formatted(waited.toMillis())
				: "";
	}

}
