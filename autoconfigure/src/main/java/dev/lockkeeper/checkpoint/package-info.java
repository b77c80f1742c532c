// SPDX-License-Identifier: Apache-2.0

/**
 * Finds out whether a checkpoint is to be taken of the process.
 */
@NullMarked
package dev.lockkeeper.checkpoint;

import org.jspecify.annotations.NullMarked;
