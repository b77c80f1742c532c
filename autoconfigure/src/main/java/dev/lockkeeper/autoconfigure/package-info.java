// SPDX-License-Identifier: Apache-2.0

/**
 * The wiring of the starter.
 */
@NullMarked
package dev.lockkeeper.autoconfigure;

import org.jspecify.annotations.NullMarked;
