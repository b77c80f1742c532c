// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * A change set that was executed: the version that the schema had then.
 *
 * @param changeSet the change set, as the history spells it
 * @param tag the tag of the row, if it has one
 * @param appliedAt when it was executed, if the history has that
 * @param order its number in the history
 * @since 0.1.0
 */
public record SchemaVersion(ChangeSetReference changeSet, @Nullable String tag, @Nullable Instant appliedAt,
		int order) {

	@Override
	public String toString() {
		return this.changeSet.toShortString();
	}

}
