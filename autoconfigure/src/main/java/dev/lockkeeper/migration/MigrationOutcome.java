// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.time.Duration;
import java.util.Objects;

import dev.lockkeeper.exit.Verdict;
import dev.lockkeeper.schema.RunEnd;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.wording.Plural;

/**
 * A run that ended without an error.
 *
 * @param run the run
 * @param end how it ended
 * @param state the state of the schema afterwards
 * @since 0.1.0
 */
public record MigrationOutcome(RunReference run, RunEnd end, SchemaState state) {

	/**
	 * Return what was done, in words.
	 * @param applied the number of change sets that were applied
	 * @return the beginning of a sentence
	 */
	public static String done(int applied) {
		return (applied == 0) ? "Nothing to do" : Plural.count(applied, "change set") + " applied";
	}

	/**
	 * Return the number of change sets that the run applied.
	 * @return the number, 0 when there was nothing to do
	 */
	public int applied() {
		return this.end.applied();
	}

	/**
	 * Return how long the run took.
	 * @return the duration, without the waits for locks
	 */
	public Duration duration() {
		return Objects.requireNonNullElse(this.end.duration(), Duration.ZERO);
	}

	/**
	 * Return the verdict of a process that has succeeded with this run alone.
	 * @return the verdict
	 */
	public Verdict toVerdict() {
		String done = done(applied());
		String message = (this.state.version() != null)
				? "%s; the schema is at %s.".formatted(done, this.state.version()) : done + ".";
		return this.end.toVerdict(this.run.schema(), this.run.runId(), message);
	}

}
