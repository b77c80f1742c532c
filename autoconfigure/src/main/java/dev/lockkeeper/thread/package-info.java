// SPDX-License-Identifier: Apache-2.0

/**
 * Starts threads that never keep the process alive.
 */
@NullMarked
package dev.lockkeeper.thread;

import org.jspecify.annotations.NullMarked;
