// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.governance;

import org.jspecify.annotations.Nullable;

/**
 * What else is logged about the start of the process.
 *
 * @param ofMode what the line of the mode adds, for people to read; empty for nothing
 * @param warning what is logged as a warning once, when the process begins to wait for
 * the schema; {@code null} for nothing
 * @since 0.1.0
 */
public record StartRemarks(String ofMode, @Nullable String warning) {
}
