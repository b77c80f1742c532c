// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * The first line of the server's message about a failure, without data: it is shown to
 * all readers of the schema's status.
 *
 * @since 0.1.0
 */
public final class ServerMessage {

	private static final String DATA_EXCEPTION = "22";

	/**
	 * The first is PostgreSQL's, the others are those of H2, and of MySQL and MariaDB.
	 */
	private static final Set<String> QUOTES_SQL = Set.of("42601", "42000", "42001");

	/**
	 * Those of the languages that PostgreSQL speaks, and that of MySQL, which is no
	 * apostrophe.
	 */
	private static final Pattern QUOTES = Pattern.compile("[\"»«„“‚‘「]|(?<![\\p{L}\\p{N}])'");

	private ServerMessage() {
	}

	/**
	 * Leave out what the server quotes of the data and of the statement, as it does in
	 * data exceptions (class 22) and syntax errors. Names that it quotes elsewhere stay.
	 * @param sqlState the SQLSTATE, if there is one
	 * @param message the first line of the message
	 * @return the message, with an ellipsis for what was left out
	 * @see <a href="https://www.postgresql.org/docs/current/errcodes-appendix.html">Error
	 * codes of PostgreSQL</a>
	 */
	public static @Nullable String withoutValues(@Nullable String sqlState, @Nullable String message) {
		if (sqlState == null || message == null
				|| !(sqlState.startsWith(DATA_EXCEPTION) || QUOTES_SQL.contains(sqlState))) {
			return message;
		}
		// What is quoted may have quotes itself, and may go on in a line that is not here
		Matcher quote = QUOTES.matcher(message);
		return quote.find() ? message.substring(0, quote.end()) + "…" : message;
	}

}
