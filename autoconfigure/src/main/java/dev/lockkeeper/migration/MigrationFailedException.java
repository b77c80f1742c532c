// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.exit.Redaction;
import dev.lockkeeper.exit.Verdict;
import org.jspecify.annotations.Nullable;

/**
 * A run broke off, or what it waited for did not come. What it had applied before is in
 * the history.
 *
 * @since 0.1.0
 */
public class MigrationFailedException extends LockkeeperException {

	private static final long serialVersionUID = 1L;

	private final transient @Nullable Verdict verdict;

	/** Whether somebody knows where the schema is. */
	private final boolean located;

	private MigrationFailedException(Verdict verdict, String message, boolean located, @Nullable Throwable cause) {
		super(verdict.status(), message, String.valueOf(verdict.action()), cause);
		this.verdict = verdict;
		this.located = located;
	}

	/**
	 * Create an exception.
	 * @param verdict what is known, with the reason without SQL as its message
	 * @param message what happened
	 * @param whereabouts where the schema is, or {@code null} when nobody knows
	 * @param cause the cause, if there is one
	 */
	static MigrationFailedException of(Verdict verdict, String message, @Nullable String whereabouts,
			@Nullable Throwable cause) {
		String where = (whereabouts != null) ? (message.endsWith(".") ? " " : ". ") + whereabouts : "";
		return new MigrationFailedException(verdict, message + where, whereabouts != null, cause);
	}

	/**
	 * Return whether it is known where the schema is: then the database has answered to
	 * the end, or so it seems.
	 * @return whether it is known
	 */
	public boolean isLocated() {
		return this.located;
	}

	/**
	 * Return why the run broke off, without SQL, and without where the schema is: it may
	 * be elsewhere when somebody reads this.
	 * @return the reason, in one line
	 */
	@Nullable String getReason() {
		return (this.verdict != null) ? Redaction.redact(String.valueOf(this.verdict.message())) : getMessage();
	}

	@Override
	public Verdict toVerdict() {
		Verdict known = this.verdict;
		if (known == null) {
			return super.toVerdict();
		}
		return new Verdict(known.status(), known.schema(), known.changeSet(), known.sqlState(), getMessage(),
				getAction(), known.applied(), known.durationMs(), known.runId());
	}

}
