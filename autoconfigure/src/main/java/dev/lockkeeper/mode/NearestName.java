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
	public static final int EDITS = 2;

	private NearestName() {
	}

	/**
	 * Find the nearest of some names.
	 * @param misspelt the name to look for
	 * @param names the names that there are
	 * @param edits the most edits that may lie between
	 * @return the nearest one; {@code null} when there is none, or when the name is spelt
	 * right
	 */
	public static @Nullable String find(String misspelt, Collection<String> names, int edits) {
		if (names.contains(misspelt)) {
			return null;
		}
		LevenshteinDistance distance = new LevenshteinDistance(edits);
		return names.stream()
			.filter((name) -> distance.apply(misspelt, name) >= 0)
			.min(Comparator.comparing((name) -> distance.apply(misspelt, name)))
			.orElse(null);
	}

}
