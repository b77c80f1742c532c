// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.view;

import java.util.List;
import java.util.Objects;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.lockkeeper.schema.SchemaInspection;

/**
 * Describes the runs of one schema.
 *
 * @param schema the name of the schema
 * @param runs those that have ended, the last one first, fifty at most
 * @since 0.1.0
 */
@JsonInclude
public record RunsDescriptor(String schema, List<EndedRunDescriptor> runs) {

	/**
	 * Describe the runs of one schema.
	 * @param name the name of the schema
	 * @param inspection the inspection
	 * @return the description
	 */
	public static RunsDescriptor of(String name, SchemaInspection inspection) {
		return new RunsDescriptor(name,
				inspection.runs().stream().map(EndedRunDescriptor::of).filter(Objects::nonNull).toList());
	}

}
