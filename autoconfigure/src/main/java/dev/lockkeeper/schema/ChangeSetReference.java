// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The identity of a change set, made by the engine that knows it: what identifies a
 * change set for one engine may mean nothing to another. Log, ledger, verdict, page and
 * commands show it in one of its two forms, and operators name a change set by
 * {@link #toString()}.
 *
 * @param id the identifier
 * @param author the author; empty for an engine that knows no authors
 * @param file the changelog file, or its logical path; empty for an engine that does not
 * identify by it
 * @since 0.1.0
 */
public record ChangeSetReference(String id, String author, String file) {

	/**
	 * Return the short form, for a sentence of a message. Another change set may have the
	 * same.
	 * @return the identifier, with the author if there is one
	 */
	public String toShortString() {
		return this.author.isEmpty() ? "'%s'".formatted(this.id) : "'%s' by %s".formatted(this.id, this.author);
	}

	/**
	 * Return the full form, which no other change set of the schema has.
	 * @return the file, the identifier and the author, those that there are
	 */
	@Override
	public String toString() {
		return Stream.of(this.file, this.id, this.author)
			.filter((part) -> !part.isEmpty())
			.collect(Collectors.joining("::"));
	}

}
