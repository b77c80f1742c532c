// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.view;

import java.util.List;
import java.util.Objects;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.lockkeeper.schema.AppliedChangeSets;
import org.jspecify.annotations.Nullable;

/**
 * Describes the change sets in the history of one schema that match a filter.
 *
 * @param schema the name of the schema
 * @param checkedAt when the history was read
 * @param filter the part of an id, an author or a file that the request has
 * @param total how many match
 * @param newest those of them that were executed last, the last one first, 500 at most
 * @param problem why the history could not be read
 * @since 0.1.0
 */
@JsonInclude
public record AppliedDescriptor(String schema, String checkedAt, String filter, int total,
		List<VersionDescriptor> newest, @Nullable String problem) {

	/**
	 * Describe the change sets of one schema.
	 * @param name the name of the schema
	 * @param applied what was found
	 * @return the description
	 */
	public static AppliedDescriptor of(String name, AppliedChangeSets applied) {
		return new AppliedDescriptor(name, applied.checkedAt().toString(), applied.filter(), applied.total(),
				applied.newest().stream().map(VersionDescriptor::of).filter(Objects::nonNull).toList(),
				applied.problem());
	}

}
