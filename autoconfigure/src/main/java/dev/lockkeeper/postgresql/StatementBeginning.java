// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * The first words of a statement, without what it says about data: literals are replaced
 * by a question mark.
 */
final class StatementBeginning {

	private static final int LENGTH = 80;

	// The server may have cut the statement within a literal
	private static final Pattern LITERAL = Pattern
		.compile("(?is)\\be'(?:[^'\\\\]|''|\\\\.)*(?:'|$)|'(?:[^']|'')*(?:'|$)|\\$(\\w*)\\$.*?(?:\\$\\1\\$|$)"
				+ "|(?<![\\w.$\"])\\d[\\w.]*");

	private StatementBeginning() {
	}

	/**
	 * Return the beginning of a statement.
	 * @param sql the statement, as the server shows it: it may be cut
	 * @return its first words, or {@code null} when there is no statement
	 */
	static @Nullable String of(@Nullable String sql) {
		if (sql == null || sql.isBlank() || sql.startsWith("<")) {
			return null;
		}
		String text = LITERAL.matcher(SqlText.of(sql).text()).replaceAll("?");
		if (text.length() <= LENGTH) {
			return text.isBlank() ? null : text;
		}
		int end = text.lastIndexOf(' ', LENGTH - 2);
		return text.substring(0, (end > 0) ? end : LENGTH - 2) + " …";
	}

}
