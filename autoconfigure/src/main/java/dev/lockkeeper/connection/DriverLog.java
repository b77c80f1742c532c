// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.connection;

import java.util.logging.Filter;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

import dev.lockkeeper.redaction.Redaction;
import org.jspecify.annotations.Nullable;

/**
 * The log of PostgreSQL's driver without credentials: of a URL that it does not
 * understand it logs a warning that contains the whole URL.
 */
final class DriverLog implements Filter {

	/**
	 * Kept in a field, because a logger without a reference loses its filter.
	 */
	private static final Logger driver = Logger.getLogger("org.postgresql.Driver");

	private final @Nullable Filter next;

	private DriverLog(@Nullable Filter next) {
		this.next = next;
	}

	static synchronized void redact() {
		if (!(driver.getFilter() instanceof DriverLog)) {
			driver.setFilter(new DriverLog(driver.getFilter()));
		}
	}

	@Override
	public boolean isLoggable(LogRecord logged) {
		String text = new SimpleFormatter().formatMessage(logged);
		String redacted = Redaction.redact(text);
		if (!redacted.equals(text)) {
			logged.setMessage(redacted);
			logged.setParameters(new Object[0]);
		}
		return this.next == null || this.next.isLoggable(logged);
	}

}
