// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.view;

import java.util.LinkedHashMap;
import java.util.Map;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.lockkeeper.mode.ModeDecision;
import dev.lockkeeper.schema.SchemaLook;

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
	 * @param looks the inspections by the names of the schemas
	 * @return the description
	 */
	public static SchemasDescriptor of(ModeDecision decision, Map<String, SchemaLook> looks) {
		Map<String, SchemaDescriptor> schemas = new LinkedHashMap<>();
		looks.forEach((name, look) -> schemas.put(name, SchemaDescriptor.of(look)));
		return new SchemasDescriptor(new ModeDescriptor(decision.mode(), decision.reason()), schemas);
	}

}
