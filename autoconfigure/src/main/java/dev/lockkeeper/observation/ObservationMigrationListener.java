// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.observation;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

import dev.lockkeeper.migration.ChangeSetOutcome;
import dev.lockkeeper.migration.LockWaitOutcome;
import dev.lockkeeper.migration.MigrationListener;
import dev.lockkeeper.migration.RunReference;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.RunActivity.Blocker;
import dev.lockkeeper.schema.RunEnd;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import org.jspecify.annotations.Nullable;

/**
 * Makes observations of runs, of their waits for the lock, and of their change sets. The
 * observation of the run is the parent of the others, and each is the current one of the
 * thread of the run while it lasts.
 *
 * @since 0.1.0
 */
public final class ObservationMigrationListener implements MigrationListener {

	private static final String FAILED = "FAILED";

	private static final String BLOCKED = "BLOCKED";

	private final Supplier<ObservationRegistry> registry;

	private final Mode mode;

	private final Map<RunReference, Deque<Begun>> runs = new ConcurrentHashMap<>();

	/**
	 * Create a listener.
	 * @param registry gives the registry, once a run begins
	 * @param mode the mode of the process
	 */
	public ObservationMigrationListener(Supplier<ObservationRegistry> registry, Mode mode) {
		this.registry = registry;
		this.mode = mode;
	}

	@Override
	public void runStarted(RunReference run) {
		this.runs.put(run, new ArrayDeque<>());
		begin(run, observe(MigrationObservationDocumentation.RUN, run));
	}

	@Override
	public void runEnded(RunReference run, RunEnd end) {
		endRun(run, (end.applied() > 0) ? "MIGRATED" : "NOTHING_TO_DO", end.status(), null);
	}

	@Override
	public void runFailed(RunReference run, RunEnd end) {
		endRun(run, FAILED, end.status(), end);
	}

	@Override
	public void lockWaitStarted(RunReference run) {
		begin(run, observe(MigrationObservationDocumentation.LOCK_WAIT, run));
	}

	@Override
	public void lockWaitEnded(RunReference run, LockWaitOutcome outcome) {
		end(run, Tag.LOCK_OUTCOME, outcome.name(), null);
	}

	@Override
	public void lockWaitFailed(RunReference run, RunEnd end) {
		end(run, Tag.LOCK_OUTCOME, FAILED, end);
	}

	@Override
	public void changeSetStarted(RunReference run, ChangeSetReference changeSet) {
		begin(run, observe(MigrationObservationDocumentation.CHANGE_SET, run)
			.highCardinalityKeyValue(Tag.CHANGE_SET.withValue(changeSet.toString())));
	}

	@Override
	public void changeSetEnded(RunReference run, ChangeSetReference changeSet, ChangeSetOutcome outcome) {
		end(run, Tag.CHANGE_SET_OUTCOME, outcome.name(), null);
	}

	@Override
	public void changeSetFailed(RunReference run, ChangeSetReference changeSet, RunEnd end) {
		end(run, Tag.CHANGE_SET_OUTCOME, FAILED, end);
	}

	@Override
	public void changeSetBlocked(RunReference run, ChangeSetReference changeSet, List<Blocker> blockers) {
		end(run, Tag.CHANGE_SET_OUTCOME, BLOCKED, null);
	}

	private Observation observe(MigrationObservationDocumentation documentation, RunReference run) {
		return documentation.observation(this.registry.get())
			.lowCardinalityKeyValue(Tag.SCHEMA.withValue(run.schema()))
			.lowCardinalityKeyValue(Tag.MODE.withValue(this.mode.name()))
			.highCardinalityKeyValue(Tag.RUN.withValue(run.runId()));
	}

	private void begin(RunReference run, Observation observation) {
		Deque<Begun> begun = this.runs.get(run);
		if (begun != null) {
			observation.start();
			begun.push(new Begun(observation, observation.openScope()));
		}
	}

	private void endRun(RunReference run, String outcome, String status, @Nullable RunEnd failure) {
		Deque<Begun> begun = this.runs.get(run);
		if (begun != null && !begun.isEmpty()) {
			begun.peek().observation().lowCardinalityKeyValue(Tag.EXIT_STATUS.withValue(status));
			end(run, Tag.RUN_OUTCOME, outcome, failure);
		}
		this.runs.remove(run);
	}

	private void end(RunReference run, Tag tag, String outcome, @Nullable RunEnd failure) {
		Deque<Begun> begun = this.runs.get(run);
		Begun last = (begun != null) ? begun.poll() : null;
		if (last != null) {
			last.observation().lowCardinalityKeyValue(tag.withValue(outcome));
			if (failure != null) {
				last.observation().error(new ObservedFailure(failure));
			}
			last.scope().close();
			last.observation().stop();
		}
	}

	/**
	 * An observation that has not ended yet.
	 *
	 * @param observation the observation
	 * @param scope makes it the current one
	 */
	private record Begun(Observation observation, Observation.Scope scope) {
	}

}
