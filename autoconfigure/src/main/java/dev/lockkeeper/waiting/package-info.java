// SPDX-License-Identifier: Apache-2.0

/**
 * How a process waits until a condition holds.
 */
@NullMarked
package dev.lockkeeper.waiting;

import org.jspecify.annotations.NullMarked;
