// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.transaction;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.lockkeeper.postgresql.SqlText;
import org.jspecify.annotations.Nullable;

/**
 * The role that change sets take on in a session, as far as the text of their statements
 * says so: the server says nothing any more in a transaction that has failed, and the
 * role is the login's again once that is rolled back.
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
	 * Take notice of SQL that is about to be executed.
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
	 * Take notice that the SQL has failed.
	 */
	void failed() {
		this.ofFailure = this.current;
	}

	/**
	 * Return the role with whose rights the SQL was executed that has failed last.
	 * @return the role as SQL writes it, or {@code null} for that of the login
	 */
	@Nullable String ofFailure() {
		return this.ofFailure;
	}

}
