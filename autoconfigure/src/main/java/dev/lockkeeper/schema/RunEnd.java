// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.ExitStatus.Retry;
import dev.lockkeeper.exit.Verdict;
import dev.lockkeeper.redaction.Redaction;
import org.jspecify.annotations.Nullable;

/**
 * How a run ended. Listeners receive this type; the ledger, the endpoint, the page, the
 * metrics and the verdict of the process are views of it. It contains no credential, and
 * nothing that the database quoted of a statement or of its data.
 *
 * @param status the name of the {@link ExitStatus}, {@value #UNFORESEEN} or
 * {@value #CRASHED}
 * @param code the exit code of that status, or {@code null} for a run that
 * {@value #CRASHED}
 * @param applied the number of change sets that the run applied
 * @param version the change set that the history ended with afterwards; {@code null} for
 * an empty history, and when the run failed before it was read
 * @param changeSet the change set that failed or was under way, or {@code null} when none
 * was
 * @param sqlState the SQLSTATE of the failure, or {@code null} when the database reported
 * none
 * @param message what happened, in one line; {@code null} when the run succeeded
 * @param action what to do about it; {@code null} when the run succeeded, and for one
 * that was read from the ledger
 * @param duration how long the run took without its waits for locks, or {@code null} for
 * a run that {@value #CRASHED}
 * @param at when the run ended; for one that {@value #CRASHED}, when its lock ended, or
 * the next run noticed that
 * @since 0.1.0
 */
public record RunEnd(String status, @Nullable Integer code, int applied, @Nullable String version,
		@Nullable ChangeSetReference changeSet, @Nullable String sqlState, @Nullable String message,
		@Nullable String action, @Nullable Duration duration, Instant at) {

	/**
	 * The status of a run that failed for an unforeseen reason.
	 */
	public static final String UNFORESEEN = "UNFORESEEN";

	/**
	 * The status of a run whose end was not recorded.
	 */
	public static final String CRASHED = "CRASHED";

	private static final int UNFORESEEN_CODE = 1;

	/**
	 * Create the end of a run. Credentials in the message and in the action are replaced.
	 * @param status the name of the status
	 * @param code the exit code
	 * @param applied the number of change sets that the run applied
	 * @param version the change set that the history ended with
	 * @param changeSet the change set that failed or was under way
	 * @param sqlState the SQLSTATE of the failure
	 * @param message what happened
	 * @param action what to do about it
	 * @param duration how long the run took
	 * @param at when it ended
	 */
	public RunEnd {
		message = (message != null) ? Redaction.redact(message) : null;
		action = (action != null) ? Redaction.redact(action) : null;
	}

	/**
	 * Create the end of a run that succeeded.
	 * @param applied the number of change sets that it applied
	 * @param version the change set that the history ends with, or {@code null} for an
	 * empty history
	 * @param duration how long it took without its waits for locks
	 * @param at when it ended
	 * @return the end
	 */
	public static RunEnd done(int applied, @Nullable String version, Duration duration, Instant at) {
		return new RunEnd(ExitStatus.DONE.name(), ExitStatus.DONE.getCode(), applied, version, null, null, null, null,
				duration, at);
	}

	/**
	 * Create the end of a run that failed for an unforeseen reason. The message of such a
	 * failure may contain anything, so only its type is named.
	 * @param applied the number of change sets that it applied
	 * @param changeSet the change set that was under way, or {@code null}
	 * @param failure the failure
	 * @param duration how long the run took without its waits for locks
	 * @param at when it ended
	 * @return the end
	 */
	public static RunEnd unforeseen(int applied, @Nullable ChangeSetReference changeSet, Throwable failure,
			Duration duration, Instant at) {
		return new RunEnd(UNFORESEEN, UNFORESEEN_CODE, applied, null, changeSet, null, failure.getClass().getName(),
				"See the stack trace in the log of that process.", duration, at);
	}

	/**
	 * Create the end of a run whose end was not recorded, and that does not hold the lock
	 * any more.
	 * @param applied the number of rows that the history has gained since it began
	 * @param version the version that the schema has
	 * @param at when the lock ended, or when that was noticed
	 * @return the end
	 */
	public static RunEnd crashed(int applied, @Nullable String version, Instant at) {
		return new RunEnd(CRASHED, null, applied, version, null, null,
				"The end of the run was not recorded: its process died, or could not write it.", null, null, at);
	}

	/**
	 * Create the end of a run as it was read from the ledger, which lacks the action.
	 * @param status the name of the status
	 * @param code the exit code, or {@code null}
	 * @param applied the number of change sets that the run applied
	 * @param version the change set that the history ended with, or {@code null}
	 * @param changeSet the change set that failed or was under way, or {@code null}
	 * @param sqlState the SQLSTATE, or {@code null}
	 * @param message what happened, or {@code null}
	 * @param since when the run began, with the lock held
	 * @param at when it ended
	 * @return the end
	 */
	public static RunEnd read(String status, @Nullable Integer code, int applied, @Nullable String version,
			@Nullable ChangeSetReference changeSet, @Nullable String sqlState, @Nullable String message, Instant since,
			Instant at) {
		Duration duration = CRASHED.equals(status) ? null : Duration.between(since, at);
		return new RunEnd(status, code, applied, version, changeSet, sqlState, message, null, duration, at);
	}

	/**
	 * Return this end as the ledger records it.
	 * @param last the change set that the history ends with, or {@code null} for an empty
	 * history
	 * @param since when the run began, with the lock held
	 * @param now when it is recorded
	 * @return the end
	 */
	public RunEnd recorded(@Nullable String last, Instant since, Instant now) {
		return new RunEnd(this.status, this.code, this.applied, last, this.changeSet, this.sqlState, this.message,
				this.action, Duration.between(since, now), now);
	}

	/**
	 * Return the exit status of the process whose run ended so.
	 * @return the status; empty for {@value #UNFORESEEN}, {@value #CRASHED}, and a status
	 * of a later version of Lockkeeper
	 */
	public Optional<ExitStatus> exitStatus() {
		return ExitStatus.named(this.status);
	}

	/**
	 * Return whether the run succeeded.
	 * @return whether the schema is what the code of that process needs
	 */
	public boolean isSuccess() {
		return ExitStatus.DONE.name().equals(this.status);
	}

	/**
	 * Return whether the end of the run was not recorded.
	 * @return whether it crashed
	 */
	public boolean isCrash() {
		return CRASHED.equals(this.status);
	}

	/**
	 * Return whether a retry is worthwhile: what stood in the way of the run goes away by
	 * itself.
	 * @return whether another run may succeed although nothing is changed
	 */
	public boolean isRetryable() {
		return exitStatus().map(ExitStatus::getRetry).filter(Retry.WORTHWHILE::equals).isPresent();
	}

	/**
	 * Return whether the run failed for good.
	 * @return whether something has to be changed before another run can succeed
	 */
	public boolean isFailure() {
		return !isCrash() && !isRetryable() && !isSuccess();
	}

	/**
	 * Return the verdict of a process that ends because of this run.
	 * @param schema the name of the schema
	 * @param runId the identifier of the run
	 * @param words what happened, for the operator of that process
	 * @return the verdict
	 * @throws java.util.NoSuchElementException when the end has no exit status
	 */
	public Verdict toVerdict(String schema, String runId, @Nullable String words) {
		ChangeSetReference known = this.changeSet;
		return new Verdict(exitStatus().orElseThrow(), schema,
				(known != null) ? new Verdict.ChangeSet(known.id(), known.author(), known.file()) : null, this.sqlState,
				words, this.action, this.applied, (this.duration != null) ? this.duration.toMillis() : 0, runId);
	}

}
