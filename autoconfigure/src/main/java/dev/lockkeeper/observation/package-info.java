// SPDX-License-Identifier: Apache-2.0

/**
 * What Micrometer is told of runs.
 */
@NullMarked
package dev.lockkeeper.observation;

import org.jspecify.annotations.NullMarked;
