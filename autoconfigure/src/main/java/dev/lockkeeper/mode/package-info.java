// SPDX-License-Identifier: Apache-2.0

/**
 * Picks the mode from the environment.
 */
@NullMarked
package dev.lockkeeper.mode;

import org.jspecify.annotations.NullMarked;
