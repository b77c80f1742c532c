// SPDX-License-Identifier: Apache-2.0

/**
 * Remembers which levels a schema has reached.
 */
@NullMarked
package dev.lockkeeper.ledger;

import org.jspecify.annotations.NullMarked;
