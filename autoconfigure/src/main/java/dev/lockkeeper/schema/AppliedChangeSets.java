// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/**
 * The change sets in the history of a schema that match a filter.
 *
 * @param checkedAt when the history was read
 * @param filter the part that an id, an author or a file has, without regard to case;
 * every change set matches an empty one
 * @param total how many change sets match
 * @param newest those of them that were executed last, the last one first; {@value #MOST}
 * at most
 * @param problem why the history could not be read, if it could not
 * @since 0.1.0
 */
public record AppliedChangeSets(Instant checkedAt, String filter, int total, List<SchemaVersion> newest,
		@Nullable String problem) {

	/**
	 * The most change sets that are named.
	 */
	public static final int MOST = 500;

	/**
	 * Find the change sets that match a filter.
	 * @param checkedAt when the history was read
	 * @param filter the filter
	 * @param history the history, in the order of execution
	 * @return those that match
	 */
	public static AppliedChangeSets of(Instant checkedAt, String filter, List<SchemaVersion> history) {
		String part = filter.strip().toLowerCase(Locale.ROOT);
		int total = 0;
		List<SchemaVersion> newest = new ArrayList<>();
		for (int i = history.size() - 1; i >= 0; i--) {
			if (matches(history.get(i).changeSet(), part)) {
				total++;
				if (newest.size() < MOST) {
					newest.add(history.get(i));
				}
			}
		}
		return new AppliedChangeSets(checkedAt, filter, total, List.copyOf(newest), null);
	}

	/**
	 * Create the answer where the history cannot be read.
	 * @param checkedAt when that was tried
	 * @param filter the filter
	 * @param problem why it cannot be read, without credentials
	 * @return an answer that names no change set
	 */
	public static AppliedChangeSets unreadable(Instant checkedAt, String filter, String problem) {
		return new AppliedChangeSets(checkedAt, filter, 0, List.of(), problem);
	}

	private static boolean matches(ChangeSetReference changeSet, String part) {
		return Stream.of(changeSet.id(), changeSet.author(), changeSet.file())
			.anyMatch((text) -> text.toLowerCase(Locale.ROOT).contains(part));
	}

}
