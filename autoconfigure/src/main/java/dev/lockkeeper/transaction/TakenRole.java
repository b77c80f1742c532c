// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.transaction;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.lockkeeper.postgresql.SqlText;
import org.jspecify.annotations.Nullable;

/**
 * The role that change sets take on in a session, as far as the text of their statements
 * shows: in a failed transaction the server answers no query any more, and after the
 * rollback the role is that of the login again.
 */
final class TakenRole {

	private static final Pattern TAKES_ON = Pattern
		.compile("(?i)\\b(?:SET\\s+(SESSION\\s+|LOCAL\\s+)?ROLE\\s+(?:TO\\s+|=\\s*)?"
				+ "(\"(?:[^\"]|\"\")+\"|'[^']+'|[\\w$]+)|RESET\\s+ROLE\\b)");

	/** Outside of the open transaction. */
	private @Nullable String ofSession;

	private @Nullable String current;

	private @Nullable String ofFailure;

	private boolean local;

	private boolean rolledBack;

	/**
	 * Note SQL that is about to be executed.
	 */
	void executing(String sql) {
		if (this.rolledBack) {
			this.current = this.ofSession;
			this.rolledBack = false;
		}
		Matcher matcher = TAKES_ON.matcher(sql);
		while (matcher.find()) {
			this.current = identifier(matcher.group(2));
			this.local = matcher.group(1) != null && matcher.group(1).strip().equalsIgnoreCase("LOCAL");
		}
	}

	private static @Nullable String identifier(@Nullable String role) {
		if (role == null || role.equalsIgnoreCase("none")) {
			return null;
		}
		return role.startsWith("'") ? SqlText.identifier(role.substring(1, role.length() - 1)) : role;
	}

	void committed() {
		this.current = this.local ? this.ofSession : this.current;
		this.ofSession = this.current;
		this.local = false;
	}

	void rolledBack() {
		this.rolledBack = true;
		this.local = false;
	}

	/**
	 * Note that the SQL has failed.
	 */
	void failed() {
		this.ofFailure = this.current;
	}

	/**
	 * Return the role whose rights the last failed SQL had.
	 * @return the role as SQL writes it, or {@code null} for that of the login
	 */
	@Nullable String ofFailure() {
		return this.ofFailure;
	}

}
