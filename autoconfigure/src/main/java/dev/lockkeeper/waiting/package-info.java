// SPDX-License-Identifier: Apache-2.0

/**
 * Waits until a condition holds.
 */
@NullMarked
package dev.lockkeeper.waiting;

import org.jspecify.annotations.NullMarked;
