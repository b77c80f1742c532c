// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.question;

import java.util.stream.Collectors;

import dev.lockkeeper.redaction.Redaction;

/**
 * The answer to a request for SQL. All of its text that is not SQL is comments, so that a
 * client of a database can execute it without harm.
 *
 * @param kind the kind of the answer
 * @param text the text, without credentials
 * @since 0.1.0
 */
public record SqlAnswer(Kind kind, String text) {

	static SqlAnswer of(Kind kind, String words) {
		return new SqlAnswer(kind, comments(Redaction.redact(words)));
	}

	static SqlAnswer of(Kind kind, String words, String sql) {
		return new SqlAnswer(kind, comments(words) + sql);
	}

	private static String comments(String words) {
		return words.lines().map((line) -> "-- " + line + "\n").collect(Collectors.joining());
	}

	/**
	 * What kind of an answer it is.
	 */
	public enum Kind {

		/** The SQL, or that there is none. */
		SQL,

		/** The changelog or a setting has to be corrected first. */
		REFUSED,

		/** It cannot be determined now. */
		UNAVAILABLE,

		/** It failed for an unforeseen reason. */
		FAILED

	}

}
