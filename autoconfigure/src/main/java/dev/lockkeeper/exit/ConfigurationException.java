// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.exit;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

import dev.lockkeeper.redaction.Redaction;
import org.apache.commons.text.similarity.LevenshteinDistance;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.core.convert.ConversionFailedException;

/**
 * A setting is wrong or refused.
 *
 * @since 0.1.0
 */
public class ConfigurationException extends LockkeeperException {

	private static final long serialVersionUID = 1L;

	/**
	 * A number, with or without a unit, or several ({@code 1h30m}). Whatever else is set
	 * in its place may be the password that was meant for another variable.
	 */
	private static final Pattern NUMBER = Pattern
		.compile("[+-]?\\d{1,9}([.,]\\d{1,3})? ?[A-Za-z]{0,8}|[Pp]?[Tt]?(\\d{1,9}([.,]\\d{1,3})?[A-Za-z]{1,2} ?){1,4}");

	/**
	 * Words alone: a user writes such a value for a mode, and a generator of passwords
	 * makes no such password.
	 */
	private static final Pattern WORDS = Pattern.compile("(?=.{1,40}$)[A-Za-z]+([ _-][A-Za-z]+)*");

	/**
	 * What the types of settings take.
	 */
	private static final Map<Class<?>, String> EXPECTED = Map.of(Duration.class, "a duration such as 30s",
			Boolean.class, "true or false", boolean.class, "true or false", Integer.class, "a number", int.class,
			"a number");

	/**
	 * The length of values that may be anywhere in a message by chance.
	 */
	private static final int SHORT = 3;

	/**
	 * The most edits between a name and a misspelling of it.
	 */
	private static final LevenshteinDistance DISTANCE = new LevenshteinDistance(2);

	/**
	 * Create an exception.
	 * @param message the setting and what is wrong with it
	 * @param action what to set
	 */
	public ConfigurationException(String message, String action) {
		this(message, action, null);
	}

	private ConfigurationException(String message, String action, @Nullable Throwable cause) {
		super(ExitStatus.CONFIG, message, action, cause);
	}

	/**
	 * Create the exception for a setting that could not be bound. Its message has the
	 * value only where it resembles what the setting takes: a variable may be filled with
	 * a password, from the wrong key of a secret.
	 * @param failure the failure to bind the setting
	 * @return the exception
	 */
	public static ConfigurationException of(BindException failure) {
		for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
			if (cause instanceof ConfigurationException known) {
				return known;
			}
		}
		ConfigurationProperty property = failure.getProperty();
		String reason = String.valueOf(NestedExceptionUtils.getMostSpecificCause(failure).getMessage());
		String origin = "";
		if (property != null) {
			Class<?> type = failure.getTarget().getType().resolve(Object.class);
			String value = valueOf(property, failure);
			if (type.isEnum()) {
				List<String> names = names(type);
				reason = (isShown(value, names) ? "'%s' is unknown: ".formatted(value) : "") + "it must be one of "
						+ String.join(", ", names);
			}
			else if (EXPECTED.containsKey(type)) {
				reason = (isNumberOrWords(value) ? "'%s' cannot be read: ".formatted(value) : "") + "it must be "
						+ EXPECTED.get(type);
			}
			else if (!NUMBER.matcher(value).matches()) {
				reason = (value.length() > SHORT) ? reason.replace(value, Redaction.MASK)
						: "it cannot be read as " + type.getSimpleName();
			}
			origin = (property.getOrigin() != null) ? " (%s)".formatted(property.getOrigin()) : "";
		}
		return new ConfigurationException("%s%s is not valid: %s".formatted(failure.getName(), origin, reason),
				"Correct the value of %s.".formatted(failure.getName()), failure);
	}

	/**
	 * Create the exception for a value that is out of range.
	 * @param key the key of the setting
	 * @param value the value, as a setting has it
	 * @param requirement what it must be
	 * @return the exception
	 */
	public static ConfigurationException outOfRange(String key, String value, String requirement) {
		return new ConfigurationException("%s=%s is not valid: it must be %s".formatted(key, value, requirement),
				"Correct the value of %s.".formatted(key));
	}

	// A placeholder has been replaced by then
	private static String valueOf(ConfigurationProperty property, Throwable failure) {
		for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
			if (cause instanceof ConversionFailedException conversion) {
				return String.valueOf(conversion.getValue());
			}
		}
		return String.valueOf(property.getValue());
	}

	/**
	 * Return whether a message may show a wrong value in place of one of some names: it
	 * consists of words, is a number with or without a unit, or is a misspelling of a
	 * name. Any other value may be a password.
	 * @param value the value
	 * @param names the names
	 * @return whether it is a number or words, or at most two edits lie between it and a
	 * name
	 */
	public static boolean isShown(String value, List<String> names) {
		return isNumberOrWords(value)
				|| names.stream().anyMatch((name) -> DISTANCE.apply(value.toLowerCase(Locale.ROOT), name) >= 0);
	}

	private static boolean isNumberOrWords(String value) {
		return NUMBER.matcher(value).matches() || WORDS.matcher(value).matches();
	}

	private static List<String> names(Class<?> type) {
		return Arrays.stream(type.getEnumConstants())
			.map((value) -> value.toString().toLowerCase(Locale.ROOT).replace('_', '-'))
			.toList();
	}

}
