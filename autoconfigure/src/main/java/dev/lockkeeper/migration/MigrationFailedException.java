// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.exit.Verdict;
import dev.lockkeeper.schema.RunEnd;
import org.jspecify.annotations.Nullable;

/**
 * A run broke off, or what it waited for did not happen. What it applied before is in the
 * history.
 *
 * @since 0.1.0
 */
public class MigrationFailedException extends LockkeeperException {

	private static final long serialVersionUID = 1L;

	private final transient @Nullable RunReference run;

	private final transient @Nullable RunEnd end;

	/** Whether it is known where the schema is. */
	private final boolean located;

	/**
	 * Create an exception.
	 * @param run the run
	 * @param status how the process ends
	 * @param end how the run ended, without SQL and without where the schema is
	 * @param message what happened
	 * @param whereabouts where the schema is, or {@code null} when that is not known
	 * @param cause the cause, if there is one
	 */
	MigrationFailedException(RunReference run, ExitStatus status, RunEnd end, String message,
			@Nullable String whereabouts, @Nullable Throwable cause) {
		super(status, message + following(message, whereabouts), String.valueOf(end.action()), cause);
		this.run = run;
		this.end = end;
		this.located = whereabouts != null;
	}

	private static String following(String message, @Nullable String whereabouts) {
		return (whereabouts != null) ? (message.endsWith(".") ? " " : ". ") + whereabouts : "";
	}

	/**
	 * Return whether it is known where the schema is: then the database has answered to
	 * the end, as far as this process knows.
	 * @return whether it is known
	 */
	public boolean isLocated() {
		return this.located;
	}

	/**
	 * Return how the run ended.
	 */
	@Nullable RunEnd getEnd() {
		return this.end;
	}

	/**
	 * Return the view of the end of the run for the process: with the whole message, as
	 * only the operator of this process reads it.
	 */
	@Override
	public Verdict toVerdict() {
		RunReference known = this.run;
		RunEnd ended = this.end;
		return (known != null && ended != null) ? ended.toVerdict(known.schema(), known.runId(), getMessage())
				: super.toVerdict();
	}

}
