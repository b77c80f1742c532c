// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.view;

import java.time.Duration;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.RunEnd;
import dev.lockkeeper.schema.RunOrigin;
import dev.lockkeeper.schema.RunRecord;
import dev.lockkeeper.schema.RunStart;
import org.jspecify.annotations.Nullable;

/**
 * Describes a run that has ended.
 *
 * @param runId the identifier of the run
 * @param status how it ended: a status of the exit codes, {@code UNFORESEEN}, or
 * {@code CRASHED} when its end was not recorded
 * @param code the exit code that belongs to the status, {@code null} for {@code CRASHED}
 * @param mode the mode of the process that ran
 * @param application the name of its application
 * @param version its version
 * @param host its host
 * @param holder the name under which it held the lock
 * @param fenced whether that lock proved itself in the transactions of the run;
 * {@code null} for a run of an older version, which did not write it
 * @param from the version of the schema before
 * @param to the version of the schema afterwards
 * @param applied the number of change sets that it applied
 * @param changeSet the change set that failed or was under way
 * @param sqlState the SQLSTATE of the failure
 * @param message what happened
 * @param lockWaitMs how long it had waited for the lock, in milliseconds
 * @param timesBlocked how often its change sets were rolled back because other sessions
 * were in their way
 * @param lastBlocked what happened the last time
 * @param startedAt when it began, with the lock held
 * @param finishedAt when it ended; for {@code CRASHED}, when its lock ended, or the next
 * run noticed that
 * @param durationMs the time from beginning to end, in milliseconds, {@code null} for
 * {@code CRASHED}
 * @since 0.1.0
 */
@JsonInclude
public record EndedRunDescriptor(String runId, String status, @Nullable Integer code, String mode, String application,
		@Nullable String version, String host, @Nullable String holder, @Nullable Boolean fenced, @Nullable String from,
		@Nullable String to, int applied, @Nullable ChangeSetReference changeSet, @Nullable String sqlState,
		@Nullable String message, long lockWaitMs, int timesBlocked, @Nullable String lastBlocked, String startedAt,
		String finishedAt, @Nullable Long durationMs) {

	static @Nullable EndedRunDescriptor of(@Nullable RunRecord run) {
		RunEnd end = (run != null) ? run.end() : null;
		if (run == null || end == null) {
			return null;
		}
		RunStart start = run.start();
		RunOrigin origin = start.origin();
		Duration duration = end.duration();
		return new EndedRunDescriptor(start.runId(), end.status(), end.code(), origin.mode(), origin.application(),
				origin.version(), origin.host(), start.holder(), start.fenced(), start.from(), end.version(),
				end.applied(), end.changeSet(), end.sqlState(), end.message(), start.lockWait().toMillis(),
				start.blocked().times(), start.blocked().last(), start.at().toString(), end.at().toString(),
				(duration != null) ? duration.toMillis() : null);
	}

}
