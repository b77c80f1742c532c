// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.view;

import java.util.LinkedHashMap;
import java.util.Map;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.lockkeeper.mode.ModeDecision;
import dev.lockkeeper.schema.SchemaInspection;

/**
 * Describes every governed schema. The names and the order of the members of all
 * descriptors are those of the JSON, and a contract; what is not known is {@code null}
 * there, whatever the application leaves out elsewhere.
 *
 * @param mode the mode of the process
 * @param schemas the schemas, by the names of their beans
 * @since 0.1.0
 */
@JsonInclude
public record SchemasDescriptor(ModeDescriptor mode, Map<String, SchemaDescriptor> schemas) {

	/**
	 * Describe schemas.
	 * @param decision the mode of the process
	 * @param inspections the inspections by the names of the schemas
	 * @return the description
	 */
	public static SchemasDescriptor of(ModeDecision decision, Map<String, SchemaInspection> inspections) {
		Map<String, SchemaDescriptor> schemas = new LinkedHashMap<>();
		inspections.forEach((name, inspection) -> schemas.put(name, SchemaDescriptor.of(inspection)));
		return new SchemasDescriptor(new ModeDescriptor(decision.mode(), decision.reason()), schemas);
	}

}
