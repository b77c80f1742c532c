// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.view;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.SchemaVersion;
import org.jspecify.annotations.Nullable;

/**
 * Describes a change set that was executed: the last one, or one of a list.
 *
 * @param id the identifier
 * @param author the author
 * @param file the changelog file
 * @param tag the tag
 * @param appliedAt when it was executed
 * @param order its number
 * @since 0.1.0
 */
@JsonInclude
public record VersionDescriptor(String id, String author, String file, @Nullable String tag, @Nullable String appliedAt,
		int order) {

	static @Nullable VersionDescriptor of(@Nullable SchemaVersion version) {
		if (version == null) {
			return null;
		}
		ChangeSetReference changeSet = version.changeSet();
		return new VersionDescriptor(changeSet.id(), changeSet.author(), changeSet.file(), version.tag(),
				SchemaDescriptor.text(version.appliedAt()), version.order());
	}

}
