// SPDX-License-Identifier: Apache-2.0

/**
 * Measures migrations with Lockkeeper and without.
 */
@NullMarked
package dev.lockkeeper.benchmarks;

import org.jspecify.annotations.NullMarked;
