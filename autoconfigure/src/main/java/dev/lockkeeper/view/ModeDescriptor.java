// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.view;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.lockkeeper.mode.Mode;

/**
 * Describes the mode.
 *
 * @param value the mode
 * @param reason why it is this one
 * @since 0.1.0
 */
@JsonInclude
public record ModeDescriptor(Mode value, String reason) {
}
