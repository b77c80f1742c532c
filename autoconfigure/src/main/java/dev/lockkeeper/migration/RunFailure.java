// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.exit.Redaction;
import dev.lockkeeper.exit.Verdict;
import dev.lockkeeper.migration.RunControl.StopReason;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaVersion;
import org.jspecify.annotations.Nullable;

/**
 * Says why a run failed, and whether another one may succeed.
 */
final class RunFailure {

	private static final String AGAIN = "Start it again: it goes on where it stopped.";

	private static final String OUTSIDE = "Correct what the message names: no change set was running. Then start it "
			+ "again.";

	private RunFailure() {
	}

	/**
	 * Return the exception that tells of a failure.
	 * @param failure what was thrown
	 * @param target the schema
	 * @param before the schema when the run began, or {@code null} when it has not
	 * @param control the run: whether it was to stop, and what was running
	 * @param applied how many change sets it had applied
	 * @param elapsed how long it had taken
	 * @param runId its identifier
	 * @return the exception with its verdict; the failure itself when nobody foresaw it
	 */
	static RuntimeException of(Exception failure, MigrationTarget target, @Nullable SchemaState before,
			RunControl control, int applied, Duration elapsed, String runId) {
		StopReason stop = control.getStopReason();
		LockkeeperException known = LockkeeperException.findIn(failure);
		if (stop == null && known != null) {
			return known;
		}
		ChangeSetReference running = control.getRunning();
		Diagnosis diagnosis = diagnose(failure, target, stop, running);
		if (diagnosis == null) {
			return (failure instanceof RuntimeException unforeseen) ? unforeseen : new IllegalStateException(failure);
		}
		String subject = "";
		if (running != null && stop == null) {
			subject = (diagnosis.ofChangeSet() ? "Change set %s failed: " : "Change set %s was not recorded. ")
				.formatted(running);
		}
		String message = subject + diagnosis.message();
		Verdict verdict = new Verdict(diagnosis.status(), target.getName(), name(running), diagnosis.sqlState(),
				subject + diagnosis.reason(), actionOf(diagnosis, running), applied, elapsed.toMillis(), runId);
		boolean lost = failure instanceof SessionLostException;
		return MigrationFailedException.of(verdict, message,
				(before != null && !lost) ? whereabouts(target, before, control) : null, failure);
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

	/**
	 * Return the names of a change set for a verdict.
	 */
	static Verdict.@Nullable ChangeSet name(@Nullable ChangeSetReference changeSet) {
		return (changeSet != null) ? new Verdict.ChangeSet(changeSet.id(), changeSet.author(), changeSet.file()) : null;
	}

	/**
	 * Return where a schema is that a run is at.
	 * @param target the schema
	 * @param before the schema when the run began
	 * @param control the run
	 * @return one sentence, or {@code null} when nobody knows
	 */
	static @Nullable String whereabouts(MigrationTarget target, SchemaState before, RunControl control) {
		// What was seen before everything was dropped is no longer so
		if (target.dropsFirst() || control.getStopReason() == StopReason.LEASE_LOST) {
			return null;
		}
		List<ChangeSetReference> applied = control.getApplied();
		ChangeSetReference last = applied.isEmpty() ? null : applied.get(applied.size() - 1);
		SchemaVersion at = (last != null) ? new SchemaVersion(last.id(), last.author(), last.file(), null, null, 0)
				: before.version();
		Set<ChangeSetReference> missing = new HashSet<>(before.pending());
		applied.forEach(missing::remove);
		return SchemaState.whereabouts(at, missing.size());
	}

	private static @Nullable Diagnosis diagnose(Exception failure, MigrationTarget target, @Nullable StopReason stop,
			@Nullable ChangeSetReference running) {
		if (stop != null) {
			return stopped(stop, running);
		}
		return (failure instanceof SessionLostException loss) ? lost(loss, target) : target.diagnose(failure);
	}

	private static Diagnosis stopped(StopReason reason, @Nullable ChangeSetReference running) {
		String where = (running != null) ? "in change set %s, which is not recorded".formatted(running)
				: "between two change sets";
		String action = (reason == StopReason.MAX_DURATION)
				? AGAIN + " Raise lockkeeper.max-duration if one change set needs longer." : AGAIN;
		return new Diagnosis(reason.getStatus(), null, "The run stopped because %s, %s.".formatted(reason, where),
				action, true);
	}

	// What the server or the driver says of a session that is gone may look like a
	// failure of the change set
	private static Diagnosis lost(SessionLostException loss, MigrationTarget target) {
		Diagnosis diagnosis = target.diagnose(loss.getCause());
		if (diagnosis != null && diagnosis.status() == ExitStatus.TEMPORARY) {
			return diagnosis;
		}
		return new Diagnosis(ExitStatus.TEMPORARY, (diagnosis != null) ? diagnosis.sqlState() : null,
				(diagnosis != null) ? diagnosis.message() : "The connection was lost.", AGAIN, true);
	}

}
