// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.observation;

import java.time.Instant;

/**
 * How the last run of a schema went.
 *
 * @param failed whether it failed for good: somebody has to change something
 * @param crashed whether its process died in it, so that it never said how it ended
 * @param ended when it ended, or its lock did
 */
record LastRun(boolean failed, boolean crashed, Instant ended) {
}
