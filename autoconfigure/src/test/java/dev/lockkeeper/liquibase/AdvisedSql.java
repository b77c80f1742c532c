// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.util.List;
import java.util.regex.Pattern;

/**
 * The SQL in an advice, as a reader finds it there.
 */
final class AdvisedSql {

	private static final Pattern STATEMENT = Pattern
		.compile("\\b(?:GRANT|ALTER|UPDATE|DELETE FROM|CREATE SCHEMA|SELECT pg_terminate_backend)\\b"
				+ "(?:'[^']*'|\"[^\"]*\"|[^'\"])*?(?=;\\s|;$|\\.\\s|\\.$|, or |, and |$)");

	private AdvisedSql() {
	}

	/**
	 * Return the statements of an advice, in their order.
	 */
	static List<String> in(String advice) {
		return STATEMENT.matcher(advice).results().map((found) -> found.group().strip()).toList();
	}

}
