// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.wording;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Numbers with their nouns.
 */
class PluralTests {

	@ParameterizedTest
	@CsvSource({ "0, 0 locks, 0 locks, are", "1, 1 lock, one lock, is", "2, 2 locks, 2 locks, are",
			"11, 11 locks, 11 locks, are" })
	void onlyOneIsSingular(int number, String counted, String inWords, String verb) {
		assertThat(Plural.count(number, "lock")).isEqualTo(counted);
		assertThat(Plural.inWords(number, "lock")).isEqualTo(inWords);
		assertThat(Plural.of(number, "is", "are")).isEqualTo(verb);
	}

}
