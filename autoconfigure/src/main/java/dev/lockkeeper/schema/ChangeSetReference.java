// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

/**
 * The three names that identify a change set.
 *
 * @param id the identifier
 * @param author the author
 * @param file the changelog file, or its logical path
 * @since 0.1.0
 */
public record ChangeSetReference(String id, String author, String file) {

	@Override
	public String toString() {
		return this.file + "::" + this.id + "::" + this.author;
	}

}
