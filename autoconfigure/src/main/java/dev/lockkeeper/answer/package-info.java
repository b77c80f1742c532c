// SPDX-License-Identifier: Apache-2.0

/**
 * Writes the answer of a process to its standard output.
 */
@NullMarked
package dev.lockkeeper.answer;

import org.jspecify.annotations.NullMarked;
