// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * How long a migrator waits, and for what.
 *
 * @param databaseWait how long for a database that does not answer yet
 * @param lockWait how long for another holder of the lock
 * @param maxDuration the longest time of all runs together, or {@code null} for no limit
 * @param shutdownGrace the time that a running change set gets when the process is to end
 * @param attempts how often a run is begun that loses its connection, the first time
 * included
 * @param reconnectWait the longest time from the loss of a connection until the run goes
 * on
 * @param lockAttempts how often a change set is tried that other sessions are in the way
 * of, the first time included
 * @param lockRetryDuration the longest time from the first attempt at such a change set
 * until the last one
 * @param provesSessions whether a process with nothing to do also checks for shared
 * sessions
 * @since 0.1.0
 */
public record MigratorSettings(Duration databaseWait, Duration lockWait, @Nullable Duration maxDuration,
		Duration shutdownGrace, int attempts, Duration reconnectWait, int lockAttempts, Duration lockRetryDuration,
		boolean provesSessions) {
}
