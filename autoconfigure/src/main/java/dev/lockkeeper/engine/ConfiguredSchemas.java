// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.engine;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * The schemas that the settings of an engine name.
 *
 * @param changed the schemas in which it creates what its code names without a schema;
 * none when that is left to the connection
 * @param history the schema of the history; {@code null} when that is left to the
 * connection
 * @since 0.1.0
 */
public record ConfiguredSchemas(List<String> changed, @Nullable String history) {

	/**
	 * Everything is left to the connection.
	 */
	public static final ConfiguredSchemas NONE = new ConfiguredSchemas(List.of(), null);

}
