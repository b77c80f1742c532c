// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.page;

import java.util.Locale;
import java.util.regex.Pattern;

import dev.lockkeeper.exit.ConfigurationException;
import org.jspecify.annotations.Nullable;

import org.springframework.util.StringUtils;

/**
 * A page of the application's operators with what to do about a failed run.
 *
 * @param url its address, in which <code>{status}</code> stands for the status of the
 * run, in lower case
 * @since 0.1.0
 */
public record Runbook(String url) {

	/**
	 * The setting that has the address.
	 */
	public static final String URL_PROPERTY = "management.endpoint.schema.runbook-url";

	private static final String STATUS = "{status}";

	/**
	 * An address of any other kind, such as a script, is no page.
	 */
	private static final Pattern ADDRESS = Pattern.compile("(?i:https?)://[^\\s/].*|/.*");

	/**
	 * Create a runbook.
	 * @param url its address
	 * @throws ConfigurationException when this is no address of a page
	 */
	public Runbook {
		if (!ADDRESS.matcher(url).matches()) {
			throw new ConfigurationException(
					"%s is not valid: it must begin with https://, http:// or /".formatted(URL_PROPERTY),
					"Correct the value of %s.".formatted(URL_PROPERTY));
		}
	}

	/**
	 * Create the runbook that a setting names.
	 * @param url the value of the setting
	 * @return the runbook; {@code null} when the setting has no value
	 */
	public static @Nullable Runbook of(@Nullable String url) {
		return StringUtils.hasText(url) ? new Runbook(url.trim()) : null;
	}

	/**
	 * Return the address of the entry for a status.
	 * @param status the status of a run
	 */
	String entryFor(String status) {
		return this.url.replace(STATUS, status.toLowerCase(Locale.ROOT));
	}

}
