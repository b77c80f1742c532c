// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.time.Duration;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.exit.Verdict;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.RunEnd;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaUnreadableException;
import org.jspecify.annotations.Nullable;

/**
 * How a run ended, for the ledger.
 *
 * @param status the name of the status
 * @param code the exit code that belongs to it
 * @param applied the number of change sets that it applied
 * @param changeSet the change set that failed or was under way, if there was one
 * @param sqlState the SQLSTATE, if the database gave one
 * @param message what happened, in one line
 * @param lockWait how long it has waited for its locks, the engine's own included
 * @since 0.1.0
 */
public record RunResult(String status, int code, int applied, @Nullable ChangeSetReference changeSet,
		@Nullable String sqlState, @Nullable String message, Duration lockWait) {

	static RunResult of(MigrationOutcome outcome, Duration lockWait) {
		ExitStatus status = outcome.status();
		SchemaState state = outcome.state();
		String message = (status != ExitStatus.DONE) ? "The run ended without a failure, and the schema is %s: %s."
			.formatted(state.status(), SchemaState.name(state.pending().isEmpty() ? state.changed() : state.pending()))
				: null;
		return new RunResult(status.name(), status.getCode(), outcome.applied(), null, null, message, lockWait);
	}

	static RunResult of(Throwable failure, int applied, @Nullable ChangeSetReference running, Duration lockWait) {
		LockkeeperException known = LockkeeperException.findIn(failure);
		if (known == null) {
			// What nobody foresaw may have the text of a statement for its message
			return new RunResult(RunEnd.UNFORESEEN, 1, applied, running, null, failure.getClass().getName(), lockWait);
		}
		Verdict verdict = known.toVerdict();
		String message = verdict.message();
		if (known instanceof MigrationFailedException failed) {
			message = failed.getReason();
		}
		else if (known instanceof SchemaUnreadableException unreadable) {
			message = unreadable.getReason();
		}
		return new RunResult(verdict.status().name(), verdict.status().getCode(), applied, running, verdict.sqlState(),
				message, lockWait);
	}

}
