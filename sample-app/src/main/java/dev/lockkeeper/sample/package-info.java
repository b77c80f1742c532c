// SPDX-License-Identifier: Apache-2.0

/**
 * A harbour that books berths.
 */
@NullMarked
package dev.lockkeeper.sample;

import org.jspecify.annotations.NullMarked;
