// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import org.jspecify.annotations.Nullable;

/**
 * The process that a run belongs to.
 *
 * @param mode the mode of the process
 * @param application the name of the application
 * @param version its version, from the build information, if there is any
 * @param host the host
 * @since 0.1.0
 */
public record RunOrigin(String mode, String application, @Nullable String version, String host) {
}
