// SPDX-License-Identifier: Apache-2.0

/**
 * Applies the mode of the process to each governed schema.
 */
@NullMarked
package dev.lockkeeper.governance;

import org.jspecify.annotations.NullMarked;
