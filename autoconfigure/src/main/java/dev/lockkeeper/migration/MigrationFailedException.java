// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.exit.Redaction;
import dev.lockkeeper.exit.Verdict;
import org.jspecify.annotations.Nullable;

/**
 * A run broke off. What it had applied before is in the history.
 *
 * @since 0.1.0
 */
public class MigrationFailedException extends LockkeeperException {

	private static final long serialVersionUID = 1L;

	private final transient @Nullable Verdict verdict;

	MigrationFailedException(Verdict verdict, String message, String action, @Nullable Throwable cause) {
		super(verdict.status(), message, action, cause);
		this.verdict = verdict;
	}

	static MigrationFailedException lockBusy(String schema, String message, String action, long durationMs,
			String runId) {
		return new MigrationFailedException(
				new Verdict(ExitStatus.TEMPORARY, schema, null, null, message, action, 0, durationMs, runId), message,
				action, null);
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
