// SPDX-License-Identifier: Apache-2.0

/**
 * Shows the gate to probes.
 */
@NullMarked
package dev.lockkeeper.health;

import org.jspecify.annotations.NullMarked;
