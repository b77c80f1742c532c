// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.util.Set;

import dev.lockkeeper.lock.MigrationLocks;
import dev.lockkeeper.progress.Progress;
import dev.lockkeeper.waiting.Polling;
import dev.lockkeeper.waiting.TimeBudget;

/**
 * What the runs of one process share.
 *
 * @param settings how long a run waits
 * @param locks the locks of the schemas
 * @param polling how a run waits
 * @param progress receives the progress of the process
 * @param listener receives the events of the runs
 * @param report shows how far a run is
 * @param budget the time that all runs together may take
 * @param unfenced the schemas for which it has been logged that their lock is not fenced
 */
record RunEnvironment(MigratorSettings settings, MigrationLocks locks, Polling polling, Progress progress,
		MigrationListener listener, ProgressReport report, TimeBudget budget, Set<String> unfenced) {
}
