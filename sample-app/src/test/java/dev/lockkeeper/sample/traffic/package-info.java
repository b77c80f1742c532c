// SPDX-License-Identifier: Apache-2.0

/**
 * Changes tables while they are read and written.
 */
@NullMarked
package dev.lockkeeper.sample.traffic;

import org.jspecify.annotations.NullMarked;
