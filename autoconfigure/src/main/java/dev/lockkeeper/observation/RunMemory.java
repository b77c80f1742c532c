// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.observation;

import java.time.Clock;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import dev.lockkeeper.exit.ExitStatus.Retry;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.migration.MigrationListener;
import dev.lockkeeper.migration.MigrationOutcome;
import dev.lockkeeper.migration.RunReference;
import org.jspecify.annotations.Nullable;

/**
 * Remembers the last runs of this process, and of no other one. None of them has crashed,
 * then.
 *
 * @since 0.1.0
 */
public final class RunMemory implements MigrationListener {

	private final Clock clock;

	private final Map<String, LastRun> runs = new ConcurrentHashMap<>();

	/**
	 * Create a memory.
	 * @param clock tells when runs end
	 */
	public RunMemory(Clock clock) {
		this.clock = clock;
	}

	@Override
	public void runEnded(RunReference run, MigrationOutcome outcome) {
		this.runs.put(run.schema(), new LastRun(false, false, this.clock.instant()));
	}

	@Override
	public void runFailed(RunReference run, Throwable failure) {
		LockkeeperException known = LockkeeperException.findIn(failure);
		boolean passing = known != null && known.getStatus().getRetry() == Retry.WORTHWHILE;
		this.runs.put(run.schema(), new LastRun(!passing, false, this.clock.instant()));
	}

	@Nullable LastRun of(String schema) {
		return this.runs.get(schema);
	}

}
