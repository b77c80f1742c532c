// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * Other sessions were in the way of a change set, which was rolled back for that.
 *
 * @param attempts how often the run has tried the change set by then
 * @param changeSet the change set, or {@code null} when it is not known
 * @param what what happened, with the sessions as far as they were seen; one line without
 * literals of their statements
 * @param at when it was rolled back
 * @since 0.1.0
 */
public record LockContention(int attempts, @Nullable ChangeSetReference changeSet, String what, Instant at) {

}
