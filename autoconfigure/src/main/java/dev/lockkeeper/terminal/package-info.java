// SPDX-License-Identifier: Apache-2.0

/**
 * Draws the progress bar of a run in a terminal.
 */
@NullMarked
package dev.lockkeeper.terminal;

import org.jspecify.annotations.NullMarked;
