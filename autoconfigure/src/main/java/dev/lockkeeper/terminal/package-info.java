// SPDX-License-Identifier: Apache-2.0

/**
 * The bar that shows a person at a terminal how far a run is.
 */
@NullMarked
package dev.lockkeeper.terminal;

import org.jspecify.annotations.NullMarked;
