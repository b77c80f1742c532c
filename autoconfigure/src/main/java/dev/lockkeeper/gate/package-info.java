// SPDX-License-Identifier: Apache-2.0

/**
 * Decides whether this process may serve now.
 */
@NullMarked
package dev.lockkeeper.gate;

import org.jspecify.annotations.NullMarked;
