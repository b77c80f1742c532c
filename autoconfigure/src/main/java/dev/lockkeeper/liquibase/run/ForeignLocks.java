// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase.run;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * What a run does about a changelog lock that a Liquibase holds which is not governed.
 *
 * @param timeout the longest time to wait for such a lock
 * @param breakAfter at which age it breaks one, or {@code null} for never
 * @since 0.1.0
 */
public record ForeignLocks(Duration timeout, @Nullable Duration breakAfter) {
}
