// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.command;

import java.util.Collection;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;

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
	 * @param misspelt the name to compare
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

	/**
	 * Find the name of which another one leaves words out, such as LOCK_WAIT_TIMEOUT for
	 * WAIT_TIMEOUT. A single word counts only when the name ends with it: the beginning
	 * of a name is its topic, and many a product has a DATABASE.
	 * @param shortened the name to compare
	 * @param names the names that there are
	 * @param prefix the beginning of all names, in front of the words
	 * @return the shortest one of which at least half of the letters remain; {@code null}
	 * when there is none
	 */
	public static @Nullable String findLonger(String shortened, Collection<String> names, String prefix) {
		String rest = shortened.substring(prefix.length());
		List<String> words = List.of(rest.split("_"));
		return names.stream().filter((name) -> {
			String whole = name.substring(prefix.length());
			return 2 * rest.length() >= whole.length() && isPart(words, List.of(whole.split("_")))
					&& (words.size() > 1 || whole.endsWith("_" + rest));
		}).min(Comparator.comparing(String::length)).orElse(null);
	}

	// In the same order
	private static boolean isPart(List<String> words, List<String> whole) {
		Iterator<String> rest = whole.iterator();
		return words.stream().allMatch((word) -> {
			while (rest.hasNext()) {
				if (rest.next().equals(word)) {
					return true;
				}
			}
			return false;
		});
	}

}
