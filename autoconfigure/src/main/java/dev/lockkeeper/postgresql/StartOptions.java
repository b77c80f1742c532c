// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Properties;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.postgresql.PGProperty;
import org.postgresql.ds.common.BaseDataSource;

import org.springframework.util.ClassUtils;

/**
 * The options with which a connection to PostgreSQL starts, in place of a statement: the
 * server applies them to the session of this client alone, and no pooler hands them on to
 * another client. A pooler may refuse them.
 *
 * @param url the URL to connect to
 * @param properties the properties to connect with
 * @since 0.1.0
 */
public record StartOptions(String url, Properties properties) {

	/**
	 * The time after which the server ends a session that is idle in a transaction.
	 */
	public static final Duration IDLE_IN_TRANSACTION = Duration.ofSeconds(10);

	private static final String SETTING = "idle_in_transaction_session_timeout";

	private static final String OPTION = "-c %s=%d".formatted(SETTING, IDLE_IN_TRANSACTION.toMillis());

	private static final boolean DRIVER_PRESENT = ClassUtils.isPresent("org.postgresql.Driver",
			StartOptions.class.getClassLoader());

	/**
	 * Let the server end the session when it has been idle in a transaction for that
	 * time, as it is when its process is frozen. A limit that the user has set stays.
	 * @param url the URL of the connection
	 * @param properties its properties; not changed
	 * @return what to connect with, or {@code null} when the connection is not one of
	 * PostgreSQL's driver, or when the user has set that limit
	 */
	public static @Nullable StartOptions limitingIdleTransactions(@Nullable String url,
			@Nullable Properties properties) {
		if (!DRIVER_PRESENT || url == null || !url.startsWith("jdbc:postgresql:")) {
			return null;
		}
		Properties completed = new Properties();
		if (properties != null) {
			completed.putAll(properties);
		}
		Properties parsed = Driver.parseURL(url, null);
		String ofUrl = (parsed != null) ? PGProperty.OPTIONS.getOrDefault(parsed) : null;
		String present = (ofUrl != null) ? ofUrl : PGProperty.OPTIONS.getOrDefault(completed);
		if (present != null && present.contains(SETTING)) {
			return null;
		}
		String options = add(present);
		PGProperty.OPTIONS.set(completed, options);
		// The options of the URL prevail over those of the properties, and there the
		// last one over the first
		return new StartOptions((ofUrl != null)
				? url + "&options=" + URLEncoder.encode(options, StandardCharsets.UTF_8).replace("+", "%20") : url,
				completed);
	}

	/**
	 * Let the server end the sessions of a data source likewise.
	 * @param dataSource the data source, of any driver
	 */
	public static void limitIdleTransactions(DataSource dataSource) {
		if (DRIVER_PRESENT && dataSource instanceof BaseDataSource ours) {
			String present = ours.getOptions();
			if (present == null || !present.contains(SETTING)) {
				ours.setOptions(add(present));
			}
		}
	}

	private static String add(@Nullable String present) {
		return (present == null || present.isBlank()) ? OPTION : present + " " + OPTION;
	}

}
