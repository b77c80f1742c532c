// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.wording;

/**
 * Writes numbers with their nouns, and what has to agree with them.
 *
 * @since 0.1.0
 */
public final class Plural {

	private Plural() {
	}

	/**
	 * Return what agrees with a number.
	 * @param number the number
	 * @param one what agrees with one
	 * @param others what agrees with any other number
	 * @return one of the two
	 */
	public static String of(int number, String one, String others) {
		return (number == 1) ? one : others;
	}

	/**
	 * Return a number with its noun: {@code 1 lock}, {@code 2 locks}.
	 * @param number the number
	 * @param noun the noun, as it is for one
	 * @return both
	 */
	public static String count(int number, String noun) {
		return number + " " + of(number, noun, noun + "s");
	}

	/**
	 * Return a number with its noun, as in a sentence: {@code one lock}, {@code 2 locks}.
	 * @param number the number
	 * @param noun the noun, as it is for one
	 * @return both
	 */
	public static String inWords(int number, String noun) {
		return of(number, "one " + noun, count(number, noun));
	}

}
