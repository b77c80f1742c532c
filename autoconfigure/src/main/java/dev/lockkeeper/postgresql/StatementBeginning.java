// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * The first words of a statement, without what it says about data: literals are replaced
 * by a question mark, and so is the value of a setting.
 * <p>
 * Whether a backslash escapes a quote in a plain literal depends on a setting of the
 * other session ({@code standard_conforming_strings}), which is not known. A statement is
 * shown up to the first literal that ends elsewhere with the other value.
 */
final class StatementBeginning {

	private static final int LENGTH = 80;

	private static final String MORE = " …";

	// Executed for what is shown, and that is short
	private static final Pattern VALUE = Pattern.compile(
			"(?is)(?:SET\\b|(?:ALTER|CREATE(?: OR REPLACE)?) (?:ROLE|USER|DATABASE|SYSTEM|FUNCTION|PROCEDURE|ROUTINE)\\b"
					+ ".*?\\bSET\\b).*?(?:=|\\bTO\\b|\\bTIME ZONE\\b)"
					+ "|(?:ALTER|CREATE) (?:ROLE|USER|GROUP)\\b.*?\\bPASSWORD\\b");

	private final String sql;

	private final StringBuilder out = new StringBuilder();

	private int position;

	/** Whether it is not clear what is a literal from the position on. */
	private boolean doubtful;

	private StatementBeginning(String sql) {
		this.sql = sql;
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
		StringBuilder text = new StringBuilder();
		for (String statement : SqlText.of(sql).statements()) {
			StatementBeginning beginning = new StatementBeginning(statement);
			text.append(text.isEmpty() ? "" : "; ").append(beginning.read());
			if (beginning.doubtful) {
				text.append(MORE);
			}
			if (beginning.doubtful || text.length() > LENGTH) {
				break;
			}
		}
		return text.isEmpty() ? null : shorten(text.toString());
	}

	private static String shorten(String text) {
		if (text.length() <= LENGTH) {
			return text;
		}
		int end = text.lastIndexOf(' ', LENGTH - MORE.length());
		return text.substring(0, (end > 0) ? end : LENGTH - MORE.length()) + MORE;
	}

	private String read() {
		while (this.position < this.sql.length() && this.out.length() <= LENGTH && !this.doubtful) {
			next(this.sql.charAt(this.position));
		}
		Matcher value = VALUE.matcher(this.out);
		return value.lookingAt() ? this.out.substring(0, value.end()) + " ?" : this.out.toString();
	}

	private void next(char next) {
		if (next == '\'') {
			int end = SqlText.endOfQuoted(this.sql, this.position, false);
			this.doubtful = end != SqlText.endOfQuoted(this.sql, this.position, true);
			hide(end);
		}
		else if (isEscaping(next)) {
			hide(SqlText.endOfQuoted(this.sql, this.position + 1, true));
		}
		else if (isNumber(next)) {
			hide(endOfNumber());
		}
		else if (next == '"') {
			copy(SqlText.endOfQuoted(this.sql, this.position, false));
		}
		else if (next == '$' && SqlText.endOfDollars(this.sql, this.position) > 0) {
			hide(SqlText.endOfDollars(this.sql, this.position));
		}
		else {
			copy(endOfName());
		}
	}

	private boolean isEscaping(char next) {
		return (next == 'e' || next == 'E') && charAt(this.position + 1) == '\'';
	}

	private boolean isNumber(char next) {
		return isDigit(next) || (next == '.' && isDigit(charAt(this.position + 1)));
	}

	private int endOfNumber() {
		int end = this.position + 1;
		while (SqlText.isPartOfName(charAt(end)) || charAt(end) == '.') {
			end++;
		}
		return end;
	}

	// Also of a parameter, and of any other character
	private int endOfName() {
		char first = this.sql.charAt(this.position);
		int end = this.position + 1;
		while ((first == '$' || SqlText.isPartOfName(first)) && SqlText.isPartOfName(charAt(end))) {
			end++;
		}
		return end;
	}

	private char charAt(int index) {
		return (index < this.sql.length()) ? this.sql.charAt(index) : ' ';
	}

	private static boolean isDigit(char character) {
		return character >= '0' && character <= '9';
	}

	private void hide(int end) {
		this.out.append('?');
		this.position = end;
	}

	private void copy(int end) {
		this.out.append(this.sql, this.position, Math.min(end, this.position + LENGTH));
		this.position = end;
	}

}
