// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.postgresql;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * SQL as PostgreSQL reads it, as far as that is possible without understanding it:
 * without comments, with single blanks, without the semicolon at the end. What is quoted
 * stays as it is.
 *
 * @param statements what semicolons separate
 * @since 0.1.0
 */
public record SqlText(List<String> statements) {

	private static final char BYTE_ORDER_MARK = '\uFEFF';

	private static final Pattern PLAIN = Pattern.compile("[a-z_][a-z0-9_$]*");

	/**
	 * What PostgreSQL's documentation, appendix "SQL Key Words", calls reserved.
	 */
	private static final Set<String> RESERVED = Set.of("all", "analyse", "analyze", "and", "any", "array", "as", "asc",
			"asymmetric", "authorization", "binary", "both", "case", "cast", "check", "collate", "collation", "column",
			"concurrently", "constraint", "create", "cross", "current_catalog", "current_date", "current_role",
			"current_schema", "current_time", "current_timestamp", "current_user", "default", "deferrable", "desc",
			"distinct", "do", "else", "end", "except", "false", "fetch", "for", "foreign", "freeze", "from", "full",
			"grant", "group", "having", "ilike", "in", "initially", "inner", "intersect", "into", "is", "isnull",
			"join", "lateral", "leading", "left", "like", "limit", "localtime", "localtimestamp", "natural", "not",
			"notnull", "null", "offset", "on", "only", "or", "order", "outer", "overlaps", "placing", "primary",
			"references", "returning", "right", "select", "session_user", "similar", "some", "symmetric", "system_user",
			"table", "tablesample", "then", "to", "trailing", "true", "union", "unique", "user", "using", "variadic",
			"verbose", "when", "where", "window", "with");

	/**
	 * Read SQL.
	 * @param sql the SQL, as it is sent to the server
	 * @return its text
	 */
	public static SqlText of(String sql) {
		return new Reader(sql).read();
	}

	/**
	 * Return all of it.
	 * @return the text
	 */
	public String text() {
		return String.join("; ", this.statements);
	}

	/**
	 * Return the name that an identifier stands for.
	 * @param identifier the identifier, quoted or not
	 * @return the name as the catalog has it
	 */
	public static String nameOf(String identifier) {
		return identifier.startsWith("\"") ? identifier.substring(1, identifier.length() - 1).replace("\"\"", "\"")
				: identifier.toLowerCase(Locale.ROOT);
	}

	/**
	 * Return how SQL writes a name.
	 * @param name the name as the catalog has it
	 * @return the identifier, quoted if it must be
	 */
	public static String identifier(String name) {
		boolean plain = PLAIN.matcher(name).matches() && !RESERVED.contains(name);
		return plain ? name : '"' + name.replace("\"", "\"\"") + '"';
	}

	/**
	 * Return how SQL writes a text.
	 * @param text the text
	 * @return the literal
	 */
	public static String literal(String text) {
		return "'" + text.replace("'", "''") + "'";
	}

	/**
	 * Find the end of the comments with which SQL begins.
	 * @param sql the SQL
	 * @return the index of the first character that is part of a statement, or the length
	 * when there is no statement
	 */
	public static int endOfHead(String sql) {
		Reader reader = new Reader(sql);
		while (reader.skipBlank()) {
			// The next one may be a comment as well
		}
		return reader.position;
	}

	/**
	 * Find the end of what is quoted.
	 * @param sql the SQL
	 * @param start the index of the first quote
	 * @param escaping whether a backslash escapes what follows it
	 * @return the index after the last quote, or the length when it is missing
	 */
	static int endOfQuoted(String sql, int start, boolean escaping) {
		char quote = sql.charAt(start);
		int position = start + 1;
		while (position < sql.length()) {
			char next = sql.charAt(position++);
			if (next == '\\' && escaping) {
				position++;
			}
			else if (next == quote) {
				if (position == sql.length() || sql.charAt(position) != quote) {
					return position;
				}
				position++;
			}
		}
		return sql.length();
	}

	/**
	 * Find the end of what is quoted by dollars.
	 * @param sql the SQL
	 * @param start the index of a dollar, which is no part of a name
	 * @return the index after the last dollar, the length when that is missing, or -1
	 * when it quotes nothing
	 */
	static int endOfDollars(String sql, int start) {
		int tagEnd = start + 1;
		while (tagEnd < sql.length() && isPartOfName(sql.charAt(tagEnd)) && sql.charAt(tagEnd) != '$') {
			tagEnd++;
		}
		boolean quoting = tagEnd < sql.length() && sql.charAt(tagEnd) == '$' && !isDigit(sql.charAt(start + 1));
		if (!quoting) {
			return -1;
		}
		String tag = sql.substring(start, tagEnd + 1);
		int found = sql.indexOf(tag, tagEnd + 1);
		return (found >= 0) ? found + tag.length() : sql.length();
	}

	/**
	 * Return whether a character can be a part of a name, though not always its first.
	 */
	static boolean isPartOfName(char character) {
		return isDigit(character) || (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z')
				|| character == '_' || character == '$' || character >= 0x80;
	}

	private static boolean isDigit(char character) {
		return character >= '0' && character <= '9';
	}

	/**
	 * Goes through the characters once.
	 */
	private static final class Reader {

		private final String sql;

		private final StringBuilder out = new StringBuilder();

		private int position;

		private boolean blank;

		private boolean ended;

		private final List<String> statements = new ArrayList<>();

		Reader(String sql) {
			this.sql = sql;
		}

		SqlText read() {
			while (this.position < this.sql.length()) {
				if (skipBlank()) {
					this.blank = true;
					continue;
				}
				char next = this.sql.charAt(this.position);
				if (next == ';') {
					this.ended = true;
					this.position++;
				}
				else {
					separate();
					copy(next);
				}
			}
			end();
			return new SqlText(List.copyOf(this.statements));
		}

		private boolean skipBlank() {
			if (this.position == this.sql.length()) {
				return false;
			}
			char next = this.sql.charAt(this.position);
			if (Character.isWhitespace(next) || next == BYTE_ORDER_MARK) {
				this.position++;
				return true;
			}
			if (this.sql.startsWith("--", this.position)) {
				skipLine();
				return true;
			}
			if (this.sql.startsWith("/*", this.position)) {
				skipComment();
				return true;
			}
			return false;
		}

		private void separate() {
			if (this.ended) {
				end();
			}
			if (this.blank && !this.out.isEmpty()) {
				this.out.append(' ');
			}
			this.ended = false;
			this.blank = false;
		}

		private void end() {
			if (!this.out.isEmpty()) {
				this.statements.add(this.out.toString());
				this.out.setLength(0);
			}
		}

		private void copy(char next) {
			int end = endOfCopied(next);
			this.out.append(this.sql, this.position, end);
			this.position = end;
		}

		private boolean isEscaping() {
			int length = this.out.length();
			boolean marked = length > 0 && Character.toUpperCase(this.out.charAt(length - 1)) == 'E';
			return marked && (length == 1 || !isPartOfName(this.out.charAt(length - 2)));
		}

		private int endOfCopied(char next) {
			return switch (next) {
				case '\'' -> endOfQuoted(this.sql, this.position, isEscaping());
				case '"' -> endOfQuoted(this.sql, this.position, false);
				case '$' -> {
					boolean inName = !this.out.isEmpty() && isPartOfName(this.out.charAt(this.out.length() - 1));
					int end = inName ? -1 : endOfDollars(this.sql, this.position);
					yield (end > 0) ? end : this.position + 1;
				}
				default -> this.position + 1;
			};
		}

		private void skipComment() {
			int depth = 0;
			do {
				if (this.sql.startsWith("/*", this.position)) {
					depth++;
					this.position += 2;
				}
				else if (this.sql.startsWith("*/", this.position)) {
					depth--;
					this.position += 2;
				}
				else {
					this.position++;
				}
			}
			while (depth > 0 && this.position < this.sql.length());
		}

		private void skipLine() {
			while (this.position < this.sql.length() && "\n\r".indexOf(this.sql.charAt(this.position)) < 0) {
				this.position++;
			}
		}

	}

}
