// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.observation;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

import dev.lockkeeper.migration.LockWaitOutcome;
import dev.lockkeeper.migration.MigrationListener;
import dev.lockkeeper.migration.RunReference;
import dev.lockkeeper.schema.RunEnd;
import org.jspecify.annotations.Nullable;

/**
 * Remembers how the last runs of this process ended, and only of this process; so none of
 * them has crashed. A run that found nothing to do without having held the lock does not
 * count, as in the ledger; one that failed before it held the lock counts, although the
 * ledger lacks it.
 *
 * @since 0.1.0
 */
public final class RunMemory implements MigrationListener {

	private final Set<RunReference> holding = ConcurrentHashMap.newKeySet();

	private final Map<String, Remembered> ends = new ConcurrentHashMap<>();

	private final Map<String, List<Runnable>> listeners = new ConcurrentHashMap<>();

	@Override
	public void lockWaitEnded(RunReference run, LockWaitOutcome outcome) {
		if (outcome == LockWaitOutcome.ACQUIRED) {
			this.holding.add(run);
		}
	}

	@Override
	public void runEnded(RunReference run, RunEnd end) {
		if (this.holding.contains(run) || end.applied() > 0) {
			remember(run, end);
		}
		this.holding.remove(run);
	}

	@Override
	public void runFailed(RunReference run, RunEnd end) {
		remember(run, end);
		this.holding.remove(run);
	}

	private void remember(RunReference run, RunEnd end) {
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
