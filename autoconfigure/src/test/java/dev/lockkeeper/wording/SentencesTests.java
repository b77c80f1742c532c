// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.wording;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

class SentencesTests {

	@ParameterizedTest
	@CsvSource({ "Refused., Refused", "Refused, Refused", "One. Two., One. Two", "'', ''" })
	void aSentenceInParenthesesHasNoFullStop(String sentence, String written) {
		assertThat(Sentences.inParentheses(sentence)).isEqualTo(written);
	}

	@ParameterizedTest
	@CsvSource({ "Let it read: GRANT it., let it read: GRANT it.", "GRANT it., GRANT it.", "A thing, a thing", "X, x",
			"'', ''" })
	void aSentenceBehindASemicolonBeginsWithASmallLetter(String sentence, String written) {
		assertThat(Sentences.afterSemicolon(sentence)).isEqualTo(written);
	}

}
