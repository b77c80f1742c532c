// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.time.Instant;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.exit.TerminatedException;
import dev.lockkeeper.exit.Verdict;
import dev.lockkeeper.migration.RunControl.StopReason;
import dev.lockkeeper.redaction.Redaction;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.RunEnd;
import dev.lockkeeper.schema.SchemaUnreadableException;
import org.jspecify.annotations.Nullable;

/**
 * Explains what a failure means for one run, and whether another run may succeed.
 */
final class RunFailures {

	private static final String AGAIN = "Start it again: it goes on where it stopped.";

	private static final String OUT_OF_WAY = "Let the other session end its transaction, or end it: "
			+ "SELECT pg_terminate_backend(<pid>). ";

	private static final String LONGER = "If others may wait for longer behind this change set, add a line to its comment: "
			+ "lockkeeper: lock-timeout=10s. ";

	private static final String OUTSIDE = "Correct what the message names: no change set was running. Then start it "
			+ "again.";

	private final MigrationTarget target;

	private final RunReference run;

	private final RunState state;

	RunFailures(MigrationTarget target, RunReference run, RunState state) {
		this.target = target;
		this.run = run;
		this.state = state;
	}

	/**
	 * Return the exception that explains the failure of an attempt.
	 * @param failure what was thrown
	 * @param attempt the attempt
	 * @return the exception with its verdict; the failure itself when the engine cannot
	 * explain it
	 */
	RuntimeException explain(Exception failure, Attempt attempt) {
		return explain(failure, attempt, 1);
	}

	/**
	 * Return the exception that explains the failure of an attempt.
	 * @param failure what was thrown
	 * @param attempt the attempt
	 * @param tried how often the change set was tried
	 * @return the exception with its verdict; the failure itself when the engine cannot
	 * explain it
	 */
	RuntimeException explain(Exception failure, Attempt attempt, int tried) {
		StopReason stop = attempt.getControl().getStopReason();
		LockkeeperException known = LockkeeperException.findIn(failure);
		if (stop == null && known != null) {
			return known;
		}
		ChangeSetReference running = attempt.getRunning();
		Diagnosis diagnosis = (stop != null) ? stopped(stop, running, obstacle(failure, attempt, tried))
				: diagnose(failure, tried);
		if (diagnosis == null) {
			return (failure instanceof RuntimeException unforeseen) ? unforeseen : new IllegalStateException(failure);
		}
		String subject = "";
		if (running != null && stop == null) {
			subject = (diagnosis.ofChangeSet() ? "Change set %s failed: " : "Change set %s was not recorded. ")
				.formatted(running);
		}
		RunEnd end = end(diagnosis.status(), running, diagnosis.sqlState(), subject + diagnosis.reason(),
				actionOf(diagnosis, running));
		String whereabouts = (failure instanceof SessionLostException) ? null : attempt.whereabouts();
		return new MigrationFailedException(this.run, diagnosis.status(), end, subject + diagnosis.message(),
				whereabouts, failure);
	}

	/**
	 * Complete the failure of a wait or of an inspection with what only the run knows.
	 * @param failure the failure
	 * @return the exception with its verdict; the failure itself while it is not known
	 * whether there is something to migrate
	 */
	LockkeeperException complete(LockkeeperException failure) {
		if (failure instanceof MigrationFailedException) {
			return failure;
		}
		if (!this.state.isNeeded() && !(failure instanceof TerminatedException)) {
			return failure;
		}
		return new MigrationFailedException(this.run, failure.getStatus(), endOf(failure),
				String.valueOf(failure.getMessage()), this.state.whereabouts(), failure);
	}

	/**
	 * Return the exception that explains why the run gives up waiting.
	 * @param message what it waited for
	 * @param action what to do
	 * @param whereabouts where the schema is
	 * @return the exception with its verdict
	 */
	MigrationFailedException gaveUp(String message, String action, String whereabouts) {
		RunEnd end = end(ExitStatus.TEMPORARY, this.state.getRunning(), null, message, action);
		return new MigrationFailedException(this.run, ExitStatus.TEMPORARY, end, message, whereabouts, null);
	}

	/**
	 * Return how the run ends because of a failure.
	 */
	RunEnd endOf(Throwable failure) {
		LockkeeperException known = LockkeeperException.findIn(failure);
		if (known == null) {
			return RunEnd.unforeseen(this.state.countApplied(), this.state.getRunning(), failure, this.state.elapsed(),
					Instant.now());
		}
		RunEnd end = (known instanceof MigrationFailedException failed) ? failed.getEnd() : null;
		if (end != null) {
			return end;
		}
		Verdict verdict = known.toVerdict();
		String reason = (known instanceof SchemaUnreadableException unreadable) ? unreadable.getReason()
				: String.valueOf(verdict.message());
		return end(verdict.status(), this.state.getRunning(), verdict.sqlState(), reason, known.getAction());
	}

	private RunEnd end(ExitStatus status, @Nullable ChangeSetReference running, @Nullable String sqlState,
			String message, String action) {
		return new RunEnd(status.name(), status.getCode(), this.state.countApplied(), null, running, sqlState, message,
				action, this.state.elapsed(), Instant.now());
	}

	private static String actionOf(Diagnosis diagnosis, @Nullable ChangeSetReference running) {
		boolean unknown = running == null && diagnosis.status() == ExitStatus.MIGRATION && diagnosis.ofChangeSet();
		return unknown ? OUTSIDE : diagnosis.action();
	}

	/**
	 * Return what a failure beside the run means, in few words.
	 */
	static String describe(Exception failure, MigrationTarget target) {
		Diagnosis diagnosis = target.diagnose(failure);
		return (diagnosis != null) ? diagnosis.message() : Redaction.redact(String.valueOf(failure.getMessage()));
	}

	private @Nullable Diagnosis diagnose(Exception failure, int tried) {
		if (failure instanceof LockNotGrantedException blocked) {
			return blocked(blocked, tried);
		}
		return (failure instanceof SessionLostException loss) ? lost(loss) : this.target.diagnose(failure);
	}

	private static @Nullable String obstacle(Exception failure, Attempt attempt, int tried) {
		return (failure instanceof LockNotGrantedException blocked)
				? Attempt.describe(attempt.getRunning(), blocked, tried) : attempt.getObstacle();
	}

	private static Diagnosis stopped(StopReason reason, @Nullable ChangeSetReference running,
			@Nullable String obstacle) {
		String where = (running != null) ? "in change set %s, which is not recorded".formatted(running)
				: "between two change sets";
		String action = (reason == StopReason.MAX_DURATION)
				? AGAIN + " Raise lockkeeper.max-duration if one change set needs longer." : AGAIN;
		String message = "The run stopped because %s, %s.".formatted(reason, where);
		return (obstacle != null)
				? new Diagnosis(reason.getStatus(), null, message + " " + obstacle, OUT_OF_WAY + action, true)
				: new Diagnosis(reason.getStatus(), null, message, action, true);
	}

	/**
	 * Return how often something was tried, in words.
	 */
	static String times(int tried) {
		return (tried == 1) ? "once" : tried + " times";
	}

	private Diagnosis blocked(LockNotGrantedException blocked, int tried) {
		Throwable cause = blocked.getCause();
		Diagnosis diagnosis = (cause != null) ? this.target.diagnose(cause) : null;
		String what = "It %s. Tried %s.".formatted(blocked.describe(), times(tried));
		return new Diagnosis(ExitStatus.TEMPORARY, (diagnosis != null) ? diagnosis.sqlState() : null, what,
				blocked.getTimeout().isZero() ? OUT_OF_WAY + AGAIN : OUT_OF_WAY + LONGER + AGAIN, true)
			.ofNoChangeSet();
	}

	// The server or the driver may report a lost session as if the change set had failed
	private Diagnosis lost(SessionLostException loss) {
		Diagnosis diagnosis = this.target.diagnose(loss.getCause());
		if (diagnosis != null && diagnosis.status() == ExitStatus.TEMPORARY) {
			return diagnosis;
		}
		return new Diagnosis(ExitStatus.TEMPORARY, (diagnosis != null) ? diagnosis.sqlState() : null,
				(diagnosis != null) ? diagnosis.message() : "The connection was lost.",
				(diagnosis != null) ? diagnosis.reason() : "The connection was lost.", AGAIN, true);
	}

}
