// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

/**
 * What became of a change set that was begun.
 *
 * @since 0.1.0
 */
public enum ChangeSetOutcome {

	/** It was executed for the first time. */
	EXECUTED(true),

	/** It was executed before, and now again. */
	RERAN(true),

	/** A precondition had it recorded without being executed. */
	MARK_RAN(true),

	/** A precondition skipped it; it stays pending. */
	SKIPPED(false),

	/** It failed without failing the run, because the changelog allows that. */
	FAILED(false);

	private final boolean applied;

	ChangeSetOutcome(boolean applied) {
		this.applied = applied;
	}

	/**
	 * Return whether it is in the history now.
	 * @return whether it counts as applied
	 */
	public boolean isApplied() {
		return this.applied;
	}

}
