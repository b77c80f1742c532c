// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * A change set that was executed: the version that the schema had then.
 *
 * @param id the identifier
 * @param author the author
 * @param file the changelog file, as the history spells it
 * @param tag the tag of the row, if it has one
 * @param appliedAt when it was executed, if the history has that
 * @param order its number in the history
 * @since 0.1.0
 */
public record SchemaVersion(String id, String author, String file, @Nullable String tag, @Nullable Instant appliedAt,
		int order) {

	@Override
	public String toString() {
		return "'%s' by %s".formatted(this.id, this.author);
	}

}
