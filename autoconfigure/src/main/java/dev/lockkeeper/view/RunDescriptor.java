// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.view;

import java.util.List;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.RunActivity;
import dev.lockkeeper.schema.RunOrigin;
import dev.lockkeeper.schema.RunProgress;
import dev.lockkeeper.schema.RunStart;
import org.jspecify.annotations.Nullable;

/**
 * Describes a run in progress. What this process may not see, or the database does not
 * show, is {@code null}.
 *
 * @param runId the identifier of the run
 * @param mode the mode of the process that runs
 * @param application the name of its application
 * @param host its host
 * @param fenced whether its lock proves itself in the transactions of the run
 * @param startedAt when it began, with the lock held
 * @param lockWaitMs how long it had waited for the lock, in milliseconds
 * @param changeSet the change set that is under way
 * @param number its number among those that were pending when the run began
 * @param of how many were pending then
 * @param since since when the transaction of the change set, or a statement outside of
 * one, is under way
 * @param statement the kind of the statement that is executed
 * @param progress how much of a phase of that statement is done, from 0 to 1
 * @param blockedBy the sessions that the run waits for
 * @param timesBlocked how often its change sets were rolled back because other sessions
 * were in their way
 * @param lastBlocked what happened the last time
 * @since 0.1.0
 */
@JsonInclude
public record RunDescriptor(String runId, String mode, String application, String host, @Nullable Boolean fenced,
		String startedAt, long lockWaitMs, @Nullable ChangeSetReference changeSet, @Nullable Integer number, int of,
		@Nullable String since, @Nullable String statement, @Nullable Double progress,
		List<BlockerDescriptor> blockedBy, int timesBlocked, @Nullable String lastBlocked) {

	static @Nullable RunDescriptor of(@Nullable RunProgress run) {
		if (run == null) {
			return null;
		}
		RunStart start = run.start();
		RunOrigin origin = start.origin();
		RunActivity activity = run.activity();
		return new RunDescriptor(start.runId(), origin.mode(), origin.application(), origin.host(), start.fenced(),
				start.at().toString(), start.lockWait().toMillis(), run.changeSet(), run.number(), start.pending(),
				SchemaDescriptor.text(activity.since()), activity.statement(), activity.progress(),
				activity.blockedBy().stream().map(BlockerDescriptor::of).toList(), start.blocked().times(),
				start.blocked().last());
	}

	/**
	 * Describes a session that keeps the run waiting.
	 *
	 * @param pid the process identifier of its backend
	 * @param application the name that it gave itself
	 * @param user its login
	 * @param state what it does
	 * @param since since when its transaction is open
	 * @param query the first words of the statement that it executes, or has executed
	 * last; without literals
	 */
	@JsonInclude
	public record BlockerDescriptor(int pid, @Nullable String application, @Nullable String user,
			@Nullable String state, @Nullable String since, @Nullable String query) {

		static BlockerDescriptor of(RunActivity.Blocker blocker) {
			return new BlockerDescriptor(blocker.pid(), blocker.application(), blocker.user(), blocker.state(),
					SchemaDescriptor.text(blocker.since()), blocker.query());
		}

	}

}
