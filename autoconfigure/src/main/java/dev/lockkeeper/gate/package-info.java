// SPDX-License-Identifier: Apache-2.0

/**
 * Whether this process may serve now.
 */
@NullMarked
package dev.lockkeeper.gate;

import org.jspecify.annotations.NullMarked;
