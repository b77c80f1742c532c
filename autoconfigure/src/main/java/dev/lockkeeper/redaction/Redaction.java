// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.redaction;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;

/**
 * Removes credentials from texts that people and machines will read. It finds them in two
 * ways: by value, those that were learnt, in every usual encoding and wherever they
 * stand; and by place, whatever stands where a credential is expected. What was learnt
 * applies to the whole JVM until a thousand others were learnt. Safe for use by several
 * threads.
 *
 * @since 0.1.0
 */
public final class Redaction {

	/**
	 * What stands in place of a credential.
	 */
	public static final String MASK = "******";

	private static final KnownCredentials known = new KnownCredentials();

	private Redaction() {
	}

	/**
	 * Learn the credentials of an environment: the values of all properties whose names
	 * suggest one, and those inside of URLs. A value that is also a user name there is no
	 * secret, and is not learnt.
	 * @param environment the environment, complete with configuration files
	 */
	public static void learn(ConfigurableEnvironment environment) {
		List<Setting> settings = environment.getPropertySources()
			.stream()
			.filter(EnumerablePropertySource.class::isInstance)
			.map(EnumerablePropertySource.class::cast)
			.flatMap((source) -> Arrays.stream(source.getPropertyNames())
				.map((name) -> Setting.of(name, source, environment)))
			.toList();
		Set<String> userNames = settings.stream()
			.filter((setting) -> setting.kind() == CredentialNames.Kind.USER)
			.map(Setting::value)
			.collect(Collectors.toSet());
		for (Setting setting : settings) {
			if (setting.kind() == CredentialNames.Kind.URL) {
				learnUrl(setting.value());
			}
			else if (setting.kind() == CredentialNames.Kind.CREDENTIAL && !userNames.contains(setting.value())) {
				known.add(setting.value());
			}
		}
	}

	/**
	 * Learn a password.
	 * @param userName the name of the user that it belongs to; a password that equals it
	 * is not learnt
	 * @param password the password
	 */
	public static void learn(@Nullable String userName, @Nullable String password) {
		if (password != null && !password.equals(userName)) {
			known.add(password);
		}
	}

	/**
	 * Learn the credentials among the properties that a driver is given.
	 * @param properties the properties
	 */
	public static void learn(Properties properties) {
		properties.forEach((name, value) -> {
			switch (CredentialNames.kindOf(name.toString())) {
				case CREDENTIAL -> known.add(value.toString());
				case URL -> learnUrl(value.toString());
				default -> {
				}
			}
		});
	}

	/**
	 * Return whether the name of a value suggests that it is a credential.
	 * @param name the name
	 * @return whether it does
	 */
	public static boolean isCredential(String name) {
		return CredentialNames.kindOf(name) == CredentialNames.Kind.CREDENTIAL;
	}

	/**
	 * Learn the credentials inside of a URL.
	 * @param url a JDBC URL, or another one
	 */
	public static void learnUrl(@Nullable String url) {
		if (url != null) {
			CredentialPlaces.valuesIn(url).forEach(known::add);
		}
	}

	/**
	 * Replace all credentials that were learnt, and whatever looks like one: the password
	 * in front of a host ({@code //user:password@host}), the value of a parameter whose
	 * name suggests a credential, a password in SQL.
	 * @param text any text, a JDBC URL for example
	 * @return the text without credentials
	 */
	public static String redact(String text) {
		return CredentialPlaces.redact(known.redact(text));
	}

	/**
	 * Return the stack trace of a failure without credentials.
	 * @param failure any failure
	 * @return the lines of the stack trace, causes included
	 */
	public static String redact(Throwable failure) {
		return redact(stackTraceOf(failure));
	}

	/**
	 * Return whether there is a credential in the stack trace of a failure.
	 * @param failure any failure
	 * @return whether its messages, or those of its causes, contain one
	 */
	public static boolean isNeeded(Throwable failure) {
		String text = stackTraceOf(failure);
		return !redact(text).equals(text);
	}

	private static String stackTraceOf(Throwable failure) {
		StringWriter text = new StringWriter();
		failure.printStackTrace(new PrintWriter(text));
		return text.toString().stripTrailing();
	}

	/**
	 * One property of an environment, its value only read when its name matters.
	 *
	 * @param kind what the name suggests
	 * @param value the value, empty when the name does not matter
	 */
	private record Setting(CredentialNames.Kind kind, String value) {

		static Setting of(String name, EnumerablePropertySource<?> source, ConfigurableEnvironment environment) {
			CredentialNames.Kind kind = CredentialNames.kindOf(name);
			Object value = (kind != CredentialNames.Kind.OTHER) ? source.getProperty(name) : null;
			return new Setting(kind, (value != null) ? resolve(value.toString(), environment).strip() : "");
		}

		private static String resolve(String value, ConfigurableEnvironment environment) {
			try {
				return environment.resolvePlaceholders(value);
			}
			catch (IllegalArgumentException ex) {
				// A placeholder that refers to itself: the bean that needs the value
				// fails
				return value;
			}
		}

	}

}
