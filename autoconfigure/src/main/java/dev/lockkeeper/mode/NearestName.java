// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.mode;

import java.util.Collection;
import java.util.Comparator;

import org.apache.commons.text.similarity.LevenshteinDistance;
import org.jspecify.annotations.Nullable;

/**
 * Finds the name that was meant by one that is misspelt.
 *
 * @since 0.1.0
 */
public final class NearestName {

	/**
	 * How many letters may be wrong, missing or too many. Two that are swapped count as
	 * two.
	 */
	private static final int EDITS = 2;

	private static final LevenshteinDistance DISTANCE = new LevenshteinDistance(EDITS);

	private NearestName() {
	}

	/**
	 * Find the nearest of some names.
	 * @param misspelt the name to look for
	 * @param names the names that there are
	 * @return the nearest one, if at most two edits lie between; {@code null} when there
	 * is none, or when the name is spelt right
	 */
	public static @Nullable String find(String misspelt, Collection<String> names) {
		if (names.contains(misspelt)) {
			return null;
		}
		return names.stream()
			.filter((name) -> DISTANCE.apply(misspelt, name) >= 0)
			.min(Comparator.comparing((name) -> DISTANCE.apply(misspelt, name)))
			.orElse(null);
	}

}
