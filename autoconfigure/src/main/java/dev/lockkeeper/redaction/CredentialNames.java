// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.redaction;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Classifies the value of a property or of a variable by its name.
 */
final class CredentialNames {

	/**
	 * Words that mark a value as a credential, wherever in the name they stand.
	 */
	static final String WORDS = "(?:password|passwd|pwd|passphrase|secret|(?:api|access|private|secret)[_-]?key)";

	/**
	 * Words that have another meaning in ordinary texts.
	 */
	static final String AMBIGUOUS_WORDS = "(?:token|credentials?)";

	private static final Pattern CREDENTIAL = Pattern
		.compile("(?:.*(?:%s|%s)|pass|.*[._-]pass)s?\\d*".formatted(WORDS, AMBIGUOUS_WORDS));

	private static final Pattern URL = Pattern.compile(".*(?:url|uri|dsn)s?\\d*");

	private static final Pattern USER = Pattern.compile(".*(?:user|user[_-]?name|login)");

	private static final Pattern INDEX = Pattern.compile("\\[[^]]*]$|[._]\\d+$");

	/**
	 * Variables of the shell that only sound like credentials.
	 */
	private static final Set<String> DIRECTORIES = Set.of("PWD", "OLDPWD");

	private CredentialNames() {
	}

	static Kind kindOf(String name) {
		if (DIRECTORIES.contains(name)) {
			return Kind.OTHER;
		}
		String last = INDEX.matcher(name).replaceFirst("");
		last = last.substring(last.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
		if (CREDENTIAL.matcher(last).matches()) {
			return Kind.CREDENTIAL;
		}
		if (URL.matcher(last).matches()) {
			return Kind.URL;
		}
		return USER.matcher(last).matches() ? Kind.USER : Kind.OTHER;
	}

	/**
	 * What a value is.
	 */
	enum Kind {

		/** A credential as a whole. */
		CREDENTIAL,

		/** Something that may contain a credential. */
		URL,

		/** The name of a user. */
		USER,

		/** Anything else. */
		OTHER

	}

}
