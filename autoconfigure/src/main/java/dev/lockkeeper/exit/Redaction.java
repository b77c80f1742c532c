// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.exit;

import java.util.regex.Pattern;

/**
 * Removes credentials from texts that people and machines will read.
 *
 * @since 0.1.0
 */
public final class Redaction {

	private static final String MASK = "******";

	private static final Pattern USER_INFORMATION = Pattern.compile("(//[^/?#@:\\s]*:)[^/\\s]*(?=@)");

	private static final Pattern PARAMETER = Pattern.compile(
			"((?:[\\w.-]*(?:password|passwd|pwd|secret|token|credential|apikey|api_key)[\\w.-]*)\\s*[=:](?!:)\\s*)[^&;,\\s'\")]+",
			Pattern.CASE_INSENSITIVE);

	private Redaction() {
	}

	/**
	 * Replace what looks like a credential: the password in a user information
	 * ({@code //user:password@host}) and the value of every parameter whose name speaks
	 * of one.
	 * @param text any text, a JDBC URL for example
	 * @return the text without credentials
	 */
	public static String redact(String text) {
		String redacted = USER_INFORMATION.matcher(text).replaceAll("$1" + MASK);
		return PARAMETER.matcher(redacted).replaceAll("$1" + MASK);
	}

}
