// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.command;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.convert.DurationStyle;

/**
 * The values that a flag takes.
 *
 * @param notation how the usage text writes the value behind the name of the flag
 * @param advice how to write a flag with such a value; the flag stands where it has
 * {@code %1$s}
 * @param optional whether the flag may stand without a value
 * @param free whether any text is a value
 * @param reader returns the value that is meant by a text, or {@code null} when there is
 * none
 */
record Values(String notation, String advice, boolean optional, boolean free,
		Function<String, @Nullable String> reader) {

	/** What makes a flag without a value as good as absent. */
	static final String OFF = "false";

	/** A flag that has no value, or is switched on and off. */
	static final Values NONE = new Values("", "Use %1$s without a value.", true, false,
			(text) -> (text.isEmpty() || "true".equals(plain(text))) ? "" : null);

	/** A length of time. Without a unit it could be meant in seconds or milliseconds. */
	static final Values DURATION = new Values("[=<duration>]",
			"Use %1$s or %1$s=<duration>, with a unit: 90s, 10m, 1h.", true, false,
			(text) -> (text.isEmpty() || duration(text) != null) ? text : null);

	private static final Pattern NUMBER = Pattern.compile("[+-]?\\d+");

	/**
	 * Return one of some words, the first of which is meant by the flag alone.
	 */
	static Values optionally(String... words) {
		String others = Arrays.stream(words).skip(1).map("%1$s="::concat).collect(Collectors.joining(" or "));
		return new Values("[=%s]".formatted(String.join("|", words)), "Use %1$s or " + others + ".", true, false,
				(text) -> text.isEmpty() ? words[0] : word(text, words));
	}

	/**
	 * Return one of some words.
	 */
	static Values oneOf(String... words) {
		String all = Arrays.stream(words).map("%1$s="::concat).collect(Collectors.joining(" or "));
		return new Values("=" + String.join("|", words), "Use " + all + ".", false, false, (text) -> word(text, words));
	}

	/**
	 * Return any text that is not blank.
	 */
	static Values required(String placeholder) {
		return new Values("=" + placeholder, "Use %1$s=" + placeholder + ".", false, true,
				(text) -> text.isBlank() ? null : text);
	}

	/**
	 * Return any text, or none.
	 */
	static Values text(String placeholder) {
		return new Values("[=%s]".formatted(placeholder), "Use %1$s=" + placeholder + ".", true, true, (text) -> text);
	}

	/**
	 * Return whether a flag is switched on and off, and has no other value.
	 */
	boolean isSwitch() {
		return this.notation.isEmpty();
	}

	/**
	 * Read the value of a flag.
	 * @return the value that is meant; {@code null} when the flag does not take the text
	 */
	@Nullable String read(String text) {
		return this.reader.apply(text);
	}

	/**
	 * Return how to write a flag with such a value.
	 * @param flag the flag, with its dashes
	 */
	String advice(String flag) {
		return this.advice.formatted(flag);
	}

	static @Nullable Duration duration(String text) {
		try {
			Duration duration = NUMBER.matcher(text).matches() ? null : DurationStyle.detectAndParse(text.trim());
			return (duration != null && !duration.isNegative()) ? duration : null;
		}
		catch (IllegalArgumentException | ArithmeticException ex) {
			return null;
		}
	}

	private static @Nullable String word(String text, String... words) {
		String plain = plain(text);
		return List.of(words).contains(plain) ? plain : null;
	}

	private static String plain(String text) {
		return text.trim().toLowerCase(Locale.ROOT);
	}

}
