// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.redaction;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The places in texts where credentials stand. In doubt more than the credential is
 * replaced, up to the end of the word.
 */
final class CredentialPlaces {

	private static final String NAME = "[\\w.-]*(?:%s|%s|(?<![a-z])pass)s?\\d*".formatted(CredentialNames.WORDS,
			CredentialNames.AMBIGUOUS_WORDS);

	/**
	 * Before a colon, {@code token} alone is a word like any other: "unexpected token:
	 * x".
	 */
	private static final String NAME_BEFORE_COLON = "(?:[\\w.-]*%1$ss?\\d*|[\\w.-]*[\\w.-]%2$s|(?<=[\"'])%2$s)"
		.formatted(CredentialNames.WORDS, CredentialNames.AMBIGUOUS_WORDS);

	// No alternative is repeated for each character: that would need a stack frame for
	// each
	private static final String QUOTED = "\"[^\"\\\\]*+(?:(?:\\\\.|\"\")[^\"\\\\]*+)*+\""
			+ "|'[^'\\\\]*+(?:(?:\\\\.|'')[^'\\\\]*+)*+'";

	private static final String IN_BRACES = "\\{[^}]*+(?:}}[^}]*+)*+}";

	private static final String WORD = "\\S+?(?=[,;)\\]}\"'.]*(?:\\s|$))";

	private static final String NOT_A_PORT = "(?!\\d{1,5}(?:[/,?;#\\s]|$))";

	private static final String NOT_AN_ANSWER = "(?!(?:yes|no|true|false|null|none)\\b)";

	private static final List<Pattern> PLACES = List.of(
			// //user:password@host, also of the second of several hosts; with limits,
			// because in
			// a long text there may be many beginnings, and no end
			place("(//(?:\\S{0,500}?,)??[^/?#@:,\\s\\[]*:)" + NOT_A_PORT + "(?<secret>\\S{1,4000})(?=@)"),
			// //user:123/45@host, unless it is a port with a path
			place("(//[^/?#@:\\s\\[]*:)(?<secret>\\d{1,5}/[^?\\s]{0,4000})(?=@)"),
			// jdbc:oracle:thin:user/password@host
			place("(jdbc:oracle:\\w+:[^/\\s@]*/)(?<secret>\\S+)(?=@)"),
			// ?password=a;b,c&
			place("([?&]" + NAME + "=)(?<secret>[^&\\s]+)"),
			// ;password={a;b};
			place("(;\\s*" + NAME + "\\s*=\\s*)(?<secret>" + IN_BRACES + "|[^;\\s]+)"),
			// address=(host=h)(password=x)
			place("(\\(\\s*" + NAME + "\\s*=\\s*)(?<secret>" + QUOTED + "|\\S*?(?=\\)(?:[(),/?@.:;\\s]|$))|\\S+)"),
			// password = "a b", {user=me, password=x}
			place("((?<![\\w.?&;(-])" + NAME + "[\"']?\\s*=\\s*)(?<secret>" + QUOTED + "|" + IN_BRACES + "|" + WORD
					+ ")"),
			// password: x, "token": "x"; but not file::passwords::author
			place("((?<![\\w.-])" + NAME_BEFORE_COLON + "[\"']?[ \\t]*:(?!:)[ \\t]*)(?<secret>" + NOT_AN_ANSWER + "(?:"
					+ QUOTED + "|" + WORD + "))"),
			// ALTER ROLE me PASSWORD 'x', IDENTIFIED BY 'x'
			place("(\\b(?:password|identified\\s+by)\\s+)(?<secret>E?'[^']*+(?:''[^']*+)*+'?|\\$(\\w*)\\$.*?(?:\\$\\3\\$|$))"));

	private CredentialPlaces() {
	}

	private static Pattern place(String regex) {
		return Pattern.compile(regex, Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
	}

	static String redact(String text) {
		String redacted = text;
		for (Pattern place : PLACES) {
			redacted = place.matcher(redacted).replaceAll("$1" + Redaction.MASK);
		}
		return redacted;
	}

	/**
	 * Return the credentials in a URL, as they stand there and as a driver reads them. A
	 * password that equals the name of the user is no secret.
	 */
	static List<String> valuesIn(String url) {
		List<String> values = new ArrayList<>();
		for (Pattern place : PLACES) {
			Matcher matcher = place.matcher(url);
			while (matcher.find()) {
				String raw = matcher.group("secret");
				if (isUserName(raw, url)) {
					continue;
				}
				String bare = withoutQuotes(raw);
				values.add(raw);
				values.add(bare);
				values.add(decode(bare));
			}
		}
		return values;
	}

	private static boolean isUserName(String value, String url) {
		return url.contains("user=" + value) || url.contains("//" + value + ":");
	}

	private static String withoutQuotes(String raw) {
		if (raw.length() < 2) {
			return raw;
		}
		String inner = raw.substring(1, raw.length() - 1);
		return switch (raw.charAt(0)) {
			case '{' -> inner.replace("}}", "}");
			case '"', '\'' -> inner;
			default -> raw;
		};
	}

	private static String decode(String encoded) {
		try {
			return URLDecoder.decode(encoded, StandardCharsets.UTF_8);
		}
		catch (IllegalArgumentException ex) {
			// A percent sign that encodes nothing: the driver refuses the URL, or takes
			// it
			// as it is
			return encoded;
		}
	}

}
