// SPDX-License-Identifier: Apache-2.0

/**
 * Reports runs to Micrometer.
 */
@NullMarked
package dev.lockkeeper.observation;

import org.jspecify.annotations.NullMarked;
