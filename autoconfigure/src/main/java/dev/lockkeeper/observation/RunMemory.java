// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.observation;

import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.exit.Verdict;
import dev.lockkeeper.migration.ChangeSetOutcome;
import dev.lockkeeper.migration.MigrationListener;
import dev.lockkeeper.migration.MigrationOutcome;
import dev.lockkeeper.migration.RunReference;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.RunEnd;
import org.jspecify.annotations.Nullable;

/**
 * Remembers how the last runs of this process ended, and of no other one. None of them
 * has crashed, then. One that found nothing to do without having held the lock is none,
 * as in the ledger; one that failed before it held the lock is, and the ledger lacks it.
 *
 * @since 0.1.0
 */
public final class RunMemory implements MigrationListener {

	private final Clock clock;

	private final Map<RunReference, ChangeSetReference> running = new ConcurrentHashMap<>();

	private final Set<RunReference> holding = ConcurrentHashMap.newKeySet();

	private final Map<String, Remembered> ends = new ConcurrentHashMap<>();

	private final Map<String, List<Runnable>> listeners = new ConcurrentHashMap<>();

	/**
	 * Create a memory.
	 * @param clock tells when runs end
	 */
	public RunMemory(Clock clock) {
		this.clock = clock;
	}

	@Override
	public void lockWaitEnded(RunReference run, boolean acquired) {
		if (acquired) {
			this.holding.add(run);
		}
	}

	@Override
	public void changeSetStarted(RunReference run, ChangeSetReference changeSet) {
		this.running.put(run, changeSet);
	}

	@Override
	public void changeSetEnded(RunReference run, ChangeSetReference changeSet, ChangeSetOutcome outcome) {
		this.running.remove(run);
	}

	@Override
	public void runResumed(RunReference run) {
		this.running.remove(run);
	}

	@Override
	public void runEnded(RunReference run, MigrationOutcome outcome) {
		if (this.holding.contains(run) || outcome.applied() > 0 || outcome.status() != ExitStatus.DONE) {
			remember(run, new RunEnd(outcome.status().name(), outcome.status().getCode(), outcome.applied(), null, null,
					null, null, this.clock.instant()));
		}
	}

	@Override
	public void runFailed(RunReference run, Throwable failure) {
		remember(run, failed(failure, this.running.get(run), this.clock.instant()));
	}

	private static RunEnd failed(Throwable failure, @Nullable ChangeSetReference running, Instant at) {
		LockkeeperException known = LockkeeperException.findIn(failure);
		if (known == null) {
			return new RunEnd(RunEnd.UNFORESEEN, null, 0, null, running, null, null, at);
		}
		Verdict verdict = known.toVerdict();
		return new RunEnd(verdict.status().name(), verdict.status().getCode(), verdict.applied(), null, running,
				verdict.sqlState(), null, at);
	}

	private void remember(RunReference run, RunEnd end) {
		this.running.remove(run);
		this.holding.remove(run);
		this.ends.put(run.schema(), new Remembered(run.runId(), end));
		this.listeners.getOrDefault(run.schema(), List.of()).forEach(Runnable::run);
	}

	@Nullable Remembered of(String schema) {
		return this.ends.get(schema);
	}

	void listen(String schema, Runnable listener) {
		this.listeners.computeIfAbsent(schema, (key) -> new CopyOnWriteArrayList<>()).add(listener);
	}

	/**
	 * A run that has ended.
	 *
	 * @param runId its identifier
	 * @param end how it ended
	 */
	record Remembered(String runId, RunEnd end) {
	}

}
