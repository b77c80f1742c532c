// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import org.jspecify.annotations.Nullable;

/**
 * The tool that migrates a schema.
 *
 * @param name its name
 * @param version its version, as it names it itself; {@code null} when it names none
 * @since 0.1.0
 */
public record SchemaEngine(String name, @Nullable String version) {

	@Override
	public String toString() {
		return (this.version != null) ? this.name + " " + this.version : this.name;
	}

}
