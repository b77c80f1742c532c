// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.sql.SQLException;
import java.util.logging.Level;

import dev.lockkeeper.liquibase.preview.SqlPreview;
import dev.lockkeeper.redaction.Redaction;
import liquibase.logging.Logger;
import liquibase.logging.core.AbstractLogger;
import liquibase.logging.core.JavaLogService;
import org.jspecify.annotations.Nullable;

/**
 * Liquibase's own log without credentials: it logs the SQL of a change set that failed,
 * and the message of the database. What it logs at INFO about its own commands, and once
 * more about a failure that is thrown anyway, is logged at DEBUG. So is the stack trace
 * that Liquibase up to 5.0.3 logs of a change set that the database refused: its message
 * is logged in its place, and the log of a run fits one screen. Only replaces Liquibase's
 * default; a log service with a higher priority stays in use.
 *
 * @since 0.1.0
 */
public class RedactingLogService extends JavaLogService {

	private static final String COMMANDS = "liquibase.command";

	private static final String FAILURE_AGAIN = "ERROR: Exception ";

	private static final String FAILURE_OF_CHANGE_SET = "encountered an exception.";

	@Override
	public int getPriority() {
		return super.getPriority() + 1;
	}

	@Override
	public Logger getLog(@SuppressWarnings("rawtypes") Class type) {
		return new RedactingLogger(super.getLog(type), java.util.logging.Logger.getLogger(getLogName(type)));
	}

	/**
	 * A logger that redacts what will be logged, and nothing else.
	 */
	private static final class RedactingLogger extends AbstractLogger {

		private final Logger delegate;

		private final java.util.logging.Logger target;

		RedactingLogger(Logger delegate, java.util.logging.Logger target) {
			this.delegate = delegate;
			this.target = target;
		}

		@Override
		public void log(Level level, @Nullable String message, @Nullable Throwable failure) {
			Level shown = (isDetail(level, message) || isOfPreview(level)) ? Level.FINE : level;
			if (!this.target.isLoggable(shown)) {
				return;
			}
			String text = (message != null) ? Redaction.redact(message) : "";
			SQLException refused = (failure != null && text.endsWith(FAILURE_OF_CHANGE_SET)) ? findRefusal(failure)
					: null;
			if (refused != null && !this.target.isLoggable(Level.FINE)) {
				this.delegate.log(shown, text + " " + Redaction.redact(String.valueOf(refused.getMessage())), null);
			}
			else if (failure != null && Redaction.isNeeded(failure)) {
				this.delegate.log(shown, text + System.lineSeparator() + Redaction.redact(failure), null);
			}
			else {
				this.delegate.log(shown, text, failure);
			}
		}

		// The trace of a change in Java shows where it failed
		private static @Nullable SQLException findRefusal(Throwable failure) {
			Throwable candidate = failure;
			while (candidate != null && !(candidate instanceof SQLException)) {
				candidate = candidate.getCause();
			}
			return (SQLException) candidate;
		}

		// Liquibase logs that change sets ran when it only wrote their SQL
		private static boolean isOfPreview(Level level) {
			return Level.INFO.equals(level) && SqlPreview.isUnderWay();
		}

		private boolean isDetail(Level level, @Nullable String message) {
			return Level.INFO.equals(level) && (COMMANDS.equals(this.target.getName())
					|| (message != null && message.startsWith(FAILURE_AGAIN)));
		}

	}

}
