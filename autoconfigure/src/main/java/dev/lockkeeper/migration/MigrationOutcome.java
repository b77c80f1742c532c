// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.time.Duration;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.Verdict;
import dev.lockkeeper.schema.SchemaState;

/**
 * How a run went that did not fail.
 *
 * @param schema the name of the schema
 * @param runId the identifier of the run
 * @param applied the number of change sets that it applied, 0 when there was nothing to
 * do
 * @param duration how long it took, without its waits for locks
 * @param state the state of the schema afterwards
 * @since 0.1.0
 */
public record MigrationOutcome(String schema, String runId, int applied, Duration duration, SchemaState state) {

	/**
	 * Return how the run ended.
	 * @return {@link ExitStatus#DONE} when the schema is what the code needs; otherwise
	 * something was left out that Liquibase does not call a failure
	 */
	public ExitStatus status() {
		return this.state.status().isServed() ? ExitStatus.DONE : ExitStatus.MIGRATION;
	}

	/**
	 * Say what was done.
	 * @param applied the number of change sets that were applied
	 * @return the beginning of a sentence
	 */
	public static String done(int applied) {
		return (applied == 0) ? "Nothing to do"
				: "%d change %s applied".formatted(applied, (applied == 1) ? "set" : "sets");
	}

	/**
	 * Return the verdict of a process whose only run this was.
	 * @return the verdict
	 */
	public Verdict toVerdict() {
		String done = done(this.applied);
		String message = (this.state.version() != null)
				? "%s; the schema is at %s.".formatted(done, this.state.version()) : done + ".";
		return new Verdict(ExitStatus.DONE, this.schema, null, null, message, null, this.applied,
				this.duration.toMillis(), this.runId);
	}

}
