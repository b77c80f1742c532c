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
				char next = this.sql.charAt(this.position);
				if (Character.isWhitespace(next)) {
					this.blank = true;
					this.position++;
				}
				else if (this.sql.startsWith("--", this.position)) {
					this.blank = true;
					skipTo(this.sql.indexOf('\n', this.position), 1);
				}
				else if (this.sql.startsWith("/*", this.position)) {
					this.blank = true;
					skipComment();
				}
				else if (next == ';') {
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
			int start = this.position;
			switch (next) {
				case '\'' -> skipQuoted('\'', isEscaping());
				case '"' -> skipQuoted('"', false);
				case '$' -> skipDollars();
				default -> this.position++;
			}
			this.out.append(this.sql, start, this.position);
		}

		private boolean isEscaping() {
			int length = this.out.length();
			boolean marked = length > 0 && Character.toUpperCase(this.out.charAt(length - 1)) == 'E';
			return marked && (length == 1 || !isPartOfName(this.out.charAt(length - 2)));
		}

		private static boolean isPartOfName(char character) {
			return Character.isLetterOrDigit(character) || character == '_' || character == '$';
		}

		private void skipQuoted(char quote, boolean escaping) {
			this.position++;
			while (this.position < this.sql.length()) {
				char next = this.sql.charAt(this.position++);
				if (next == '\\' && escaping) {
					this.position++;
				}
				else if (next == quote) {
					return;
				}
			}
			this.position = this.sql.length();
		}

		private void skipDollars() {
			int end = this.sql.indexOf('$', this.position + 1);
			boolean inName = !this.out.isEmpty() && isPartOfName(this.out.charAt(this.out.length() - 1));
			String tag = (end >= 0 && !inName) ? this.sql.substring(this.position, end + 1) : "";
			if (!tag.matches("\\$([\\p{L}_][\\p{L}\\p{N}_]*)?\\$")) {
				this.position++;
				return;
			}
			skipTo(this.sql.indexOf(tag, end + 1), tag.length());
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

		private void skipTo(int found, int length) {
			this.position = (found >= 0) ? found + length : this.sql.length();
		}

	}

}
