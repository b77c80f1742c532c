// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.exit;

import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.util.ClassUtils;

/**
 * A setting is wrong or refused.
 *
 * @since 0.1.0
 */
public class ConfigurationException extends LockkeeperException {

	private static final long serialVersionUID = 1L;

	/**
	 * What looks like a duration or a number, and not like the password that was meant
	 * for another variable.
	 */
	private static final Pattern NUMBER = Pattern.compile("[\\w .+-]{1,16}");

	private static final Pattern CHOICE = Pattern.compile("[A-Za-z_-]{1,16}");

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
	 * Create the exception that tells of a setting which could not be bound. Its message
	 * has the value only where it looks like what the setting takes: a variable may be
	 * filled with a password, from the wrong key of a secret.
	 * @param failure the failure to bind the setting
	 * @return the exception
	 */
	public static ConfigurationException of(BindException failure) {
		ConfigurationProperty property = failure.getProperty();
		String reason = String.valueOf(NestedExceptionUtils.getMostSpecificCause(failure).getMessage());
		String origin = "";
		if (property != null) {
			Class<?> type = failure.getTarget().getType().resolve(Object.class);
			String value = String.valueOf(property.getValue());
			if (!isTold(value, type)) {
				reason = reason.replace(value, Redaction.MASK);
			}
			if (type.isEnum()) {
				reason = (isTold(value, type) ? "'%s' is unknown, ".formatted(value) : "") + "it must be one of "
						+ names(type);
			}
			origin = (property.getOrigin() != null) ? " (%s)".formatted(property.getOrigin()) : "";
		}
		return new ConfigurationException("%s%s is not valid: %s".formatted(failure.getName(), origin, reason),
				"Correct the value of %s.".formatted(failure.getName()), failure);
	}

	private static boolean isTold(String value, Class<?> type) {
		return (type.isEnum() && isChoice(value)) || ((type == Duration.class || ClassUtils.isPrimitiveOrWrapper(type))
				&& NUMBER.matcher(value).matches());
	}

	/**
	 * Return whether a value may be shown that is none of some named ones: a name that is
	 * misspelt, and no password.
	 * @param value the value
	 * @return whether it looks like a name
	 */
	public static boolean isChoice(String value) {
		return CHOICE.matcher(value).matches();
	}

	private static String names(Class<?> type) {
		return Arrays.stream(type.getEnumConstants())
			.map((value) -> value.toString().toLowerCase(Locale.ROOT).replace('_', '-'))
			.collect(Collectors.joining(", "));
	}

}
