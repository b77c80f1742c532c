// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.wording;

import org.springframework.util.StringUtils;

/**
 * Writes sentences of messages as parts of a log line.
 *
 * @since 0.1.0
 */
public final class Sentences {

	private Sentences() {
	}

	/**
	 * Return a sentence as it stands in parentheses.
	 * @param sentence the sentence, or several
	 * @return the same without the full stop at its end
	 */
	public static String inParentheses(String sentence) {
		return sentence.endsWith(".") ? sentence.substring(0, sentence.length() - 1) : sentence;
	}

	/**
	 * Return a sentence as it stands behind a semicolon.
	 * @param sentence the sentence, or several
	 * @return the same with a small letter at its beginning, unless it begins with a word
	 * in capital letters
	 */
	public static String afterSemicolon(String sentence) {
		boolean capitals = sentence.length() > 1 && Character.isUpperCase(sentence.charAt(1));
		return capitals ? sentence : StringUtils.uncapitalize(sentence);
	}

}
