// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.observation;

import java.time.Instant;

/**
 * How the last run of a schema went.
 *
 * @param failed whether it failed
 * @param ended when it ended
 * @since 0.1.0
 */
public record LastRun(boolean failed, Instant ended) {
}
