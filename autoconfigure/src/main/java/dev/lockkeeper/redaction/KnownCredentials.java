// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.redaction;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Credentials that are known by value, found as they are and percent-encoded (wholly or
 * in part, once or more often), in Base64 (also in the middle of more), and as JSON, SQL
 * and properties files escape them. Safe for use by several threads.
 */
final class KnownCredentials {

	private static final int MAXIMUM = 1000;

	/**
	 * Shorter ones stand in every other text by chance.
	 */
	private static final int SHORTEST = 4;

	/**
	 * From this length on, one that is not a mere word is replaced in the middle of
	 * words, too.
	 */
	private static final int UNMISTAKABLE = 6;

	private static final int UNMISTAKABLE_WORD = 16;

	private static final Set<String> NO_SECRETS = Set.of("true", "false", "null", "none");

	private static final Pattern WORD = Pattern.compile("\\p{L}+");

	private final Map<String, Pattern> patterns = new LinkedHashMap<>(16, 0.75f, true);

	private volatile List<Pattern> longestFirst = List.of();

	synchronized void add(String secret) {
		if (secret.length() < SHORTEST || NO_SECRETS.contains(secret) || secret.startsWith("${")
				|| secret.equals(Redaction.MASK) || this.patterns.get(secret) != null) {
			return;
		}
		this.patterns.put(secret, patternOf(secret));
		while (this.patterns.size() > MAXIMUM) {
			this.patterns.remove(this.patterns.keySet().iterator().next());
		}
		this.longestFirst = this.patterns.entrySet()
			.stream()
			.sorted(Comparator.comparingInt((entry) -> -entry.getKey().length()))
			.map(Map.Entry::getValue)
			.toList();
	}

	String redact(String text) {
		String redacted = text;
		for (Pattern pattern : this.longestFirst) {
			redacted = pattern.matcher(redacted).replaceAll(Redaction.MASK);
		}
		return redacted;
	}

	private static Pattern patternOf(String secret) {
		String characters = secret.codePoints().mapToObj(KnownCredentials::anyEncodingOf).collect(Collectors.joining());
		boolean unmistakable = secret.length() >= (WORD.matcher(secret).matches() ? UNMISTAKABLE_WORD : UNMISTAKABLE);
		if (!unmistakable) {
			return Pattern.compile("(?<![\\p{L}\\p{N}])(?:%s)(?![\\p{L}\\p{N}])".formatted(characters));
		}
		List<String> forms = new ArrayList<>();
		forms.add(characters);
		for (int offset = 0; offset < 3; offset++) {
			forms.add(base64At(offset, secret));
		}
		return Pattern.compile(String.join("|", forms));
	}

	// Longer forms first, or the rest of one would remain
	private static String anyEncodingOf(int character) {
		List<String> forms = new ArrayList<>();
		String text = Character.toString(character);
		StringBuilder percent = new StringBuilder();
		for (byte part : text.getBytes(StandardCharsets.UTF_8)) {
			percent.append("%%(?:25)*(?i:%02x)".formatted(part));
		}
		forms.add(percent.toString());
		forms.add(text.chars().mapToObj("\\\\+u(?i:%04x)"::formatted).collect(Collectors.joining()));
		switch (character) {
			case ' ' -> forms.add("[+]|%(?:25)*2[bB]");
			case '\'', '"' -> forms.add(Pattern.quote(text.repeat(2)));
			case '\t' -> forms.add("\\\\+t");
			default -> {
			}
		}
		if (character == '\\') {
			forms.add("\\\\+");
		}
		else {
			boolean escapable = character < 128 && !Character.isLetterOrDigit(character);
			forms.add((escapable ? "\\\\*" : "") + Pattern.quote(text));
		}
		return "(?:%s)".formatted(String.join("|", forms));
	}

	// The part that depends on nothing but the secret when it begins at this offset in a
	// group of three bytes
	private static String base64At(int offset, String secret) {
		byte[] bytes = secret.getBytes(StandardCharsets.UTF_8);
		byte[] shifted = new byte[offset + bytes.length];
		System.arraycopy(bytes, 0, shifted, offset, bytes.length);
		String encoded = Base64.getEncoder().withoutPadding().encodeToString(shifted);
		int begin = (offset > 0) ? offset + 1 : 0;
		int end = (shifted.length % 3 != 0) ? encoded.length() - 1 : encoded.length();
		return encoded.substring(begin, end).codePoints().mapToObj((character) -> switch (character) {
			case '+' -> "[+-]";
			case '/' -> "[/_]";
			default -> Character.toString(character);
		}).collect(Collectors.joining());
	}

}
