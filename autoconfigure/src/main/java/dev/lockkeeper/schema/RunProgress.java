// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import org.jspecify.annotations.Nullable;

/**
 * How far a run in progress has come.
 *
 * @param start how it began
 * @param changeSet the change set that is under way, or {@code null} when the code that
 * looks does not know it
 * @param number the how many-eth of those that were pending when the run began, or
 * {@code null} when none of them is left
 * @param activity what its session does
 * @since 0.1.0
 */
public record RunProgress(RunStart start, @Nullable ChangeSetReference changeSet, @Nullable Integer number,
		RunActivity activity) {

	/**
	 * Find out how far a run has come.
	 * @param start how it began
	 * @param state what the schema is, seen from the code that looks
	 * @param level the digest of the level that this code expects: where it is that of
	 * the run, the run executes what is pending, in that order
	 * @param activity what the session of the run does
	 * @return the progress
	 */
	public static RunProgress of(RunStart start, SchemaState state, @Nullable String level, RunActivity activity) {
		boolean same = start.level() != null && start.level().equals(level);
		ChangeSetReference next = (same && !state.pending().isEmpty()) ? state.pending().get(0) : null;
		int done = same ? start.pending() - state.pending().size() : state.applied() - start.rows();
		int number = done + 1;
		boolean counted = number >= 1 && number <= start.pending();
		return new RunProgress(start, next, counted ? number : null, activity);
	}

}
