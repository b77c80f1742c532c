// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import org.jspecify.annotations.Nullable;

/**
 * How far a run in progress has come.
 *
 * @param start how it began
 * @param changeSet the change set that is under way, or {@code null} when this code does
 * not have it
 * @param done how many of those that were pending when the run began are done, or
 * {@code null} when that is unknown
 * @param activity what its session does
 * @since 0.1.0
 */
public record RunProgress(RunStart start, @Nullable ChangeSetReference changeSet, @Nullable Integer done,
		RunActivity activity) {

	/**
	 * Find out how far a run has come.
	 * @param start how it began
	 * @param state what the schema is, for the code that inspects it
	 * @param level the digest of the level that this code expects: where it is that of
	 * the run, the run executes what is pending, in that order
	 * @param activity what the session of the run does
	 * @return the progress
	 */
	public static RunProgress of(RunStart start, SchemaState state, @Nullable String level, RunActivity activity) {
		return of(start, state, start.level() != null && start.level().equals(level), activity);
	}

	private static RunProgress of(RunStart start, SchemaState state, boolean same, RunActivity activity) {
		ChangeSetReference next = (same && !state.pending().isEmpty()) ? state.pending().get(0) : null;
		int done = same ? start.pending() - state.pending().size() : state.applied() - start.rows();
		return new RunProgress(start, next, (done >= 0) ? Math.min(done, start.pending()) : null, activity);
	}

	/**
	 * Return how far the run has come by now.
	 * @param state what the schema is, for the same code
	 * @return the progress; what its session does is not known
	 */
	RunProgress withState(SchemaState state) {
		if (this.done != null && this.done >= this.start.pending()) {
			return new RunProgress(this.start, null, this.done, RunActivity.UNKNOWN);
		}
		return of(this.start, state, this.changeSet != null, RunActivity.UNKNOWN);
	}

	/**
	 * Return the number of the change set that is under way.
	 * @return its number among those that were pending when the run began, or
	 * {@code null} when all of them are done, or that is unknown
	 */
	public @Nullable Integer number() {
		return (this.done != null && this.done < this.start.pending()) ? Integer.valueOf(this.done + 1) : null;
	}

	/**
	 * Return how much of the run is known to be done.
	 * @return the share of what was pending when it began, from 0 to 1
	 */
	public double share() {
		if (this.done == null) {
			return 0;
		}
		return (this.start.pending() > 0) ? (double) this.done / this.start.pending() : 0;
	}

	/**
	 * Name the change set that is under way by its number.
	 * @return which of how many it is, or {@code null} when that is not known
	 */
	@Nullable String named() {
		Integer number = number();
		return (number != null) ? "change set %d of %d".formatted(number, this.start.pending()) : null;
	}

}
