// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.transaction;

import java.util.List;

import dev.lockkeeper.postgresql.SqlText;

/**
 * What the author of a change set has written about it beside its statements. A line of
 * it may have settings of Lockkeeper.
 *
 * @param text the text
 * @param place where it is written
 * @since 0.1.0
 */
public record ChangeSetComment(String text, Place place) {

	/**
	 * Divide the SQL of a change set.
	 * @param sql the SQL, as its author has written it
	 * @return the comments before the first statement, and the rest
	 */
	public static List<ChangeSetComment> in(String sql) {
		int end = SqlText.endOfHead(sql);
		return List.of(new ChangeSetComment(sql.substring(0, end), Place.HEAD),
				new ChangeSetComment(sql.substring(end), Place.BODY));
	}

	/**
	 * Where a comment is written.
	 */
	public enum Place {

		/** Beside the SQL, where it is no part of the checksum. */
		BESIDE("The comment is no part of the checksum."),

		/** Before the first statement of the SQL, as a part of its checksum. */
		HEAD("The comment is a part of the checksum: it can be changed until the change set is applied somewhere."),

		/** After the beginning of the first statement, where settings do not count. */
		BODY("it counts before the first statement only"),

		/** Where Liquibase reads no comment, so that settings do not count. */
		PASSED_OVER("Liquibase keeps the last comment line of a change set, and nothing before the first change set");

		private final String meaning;

		Place(String meaning) {
			this.meaning = meaning;
		}

		boolean isRead() {
			return this == BESIDE || this == HEAD;
		}

		String getMeaning() {
			return this.meaning;
		}

	}

}
