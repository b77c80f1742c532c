// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.exit;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.core.NestedExceptionUtils;

/**
 * A setting is wrong or refused.
 *
 * @since 0.1.0
 */
public class ConfigurationException extends LockkeeperException {

	private static final long serialVersionUID = 1L;

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
	 * has the place of the value and not the value, which may be a password: a variable
	 * that is filled from the wrong key of a secret.
	 * @param failure the failure to bind the setting
	 * @return the exception
	 */
	public static ConfigurationException of(BindException failure) {
		ConfigurationProperty property = failure.getProperty();
		String reason = String.valueOf(NestedExceptionUtils.getMostSpecificCause(failure).getMessage());
		String origin = "";
		if (property != null) {
			reason = reason.replace(String.valueOf(property.getValue()), Redaction.MASK);
			Class<?> type = failure.getTarget().getType().resolve(Object.class);
			if (type.isEnum()) {
				reason = "it must be one of " + names(type);
			}
			origin = (property.getOrigin() != null) ? " (%s)".formatted(property.getOrigin()) : "";
		}
		return new ConfigurationException("%s%s is not valid: %s".formatted(failure.getName(), origin, reason),
				"Correct the value of %s.".formatted(failure.getName()), failure);
	}

	private static String names(Class<?> type) {
		return Arrays.stream(type.getEnumConstants())
			.map((value) -> value.toString().toLowerCase(Locale.ROOT).replace('_', '-'))
			.collect(Collectors.joining(", "));
	}

}
