// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.view;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.lockkeeper.schema.SchemaEngine;
import org.jspecify.annotations.Nullable;

/**
 * Description of the tool that migrates a schema.
 *
 * @param name its name
 * @param version its version
 * @since 0.1.0
 */
@JsonInclude
public record EngineDescriptor(String name, @Nullable String version) {

	static @Nullable EngineDescriptor of(@Nullable SchemaEngine engine) {
		return (engine != null) ? new EngineDescriptor(engine.name(), engine.version()) : null;
	}

}
