// SPDX-License-Identifier: Apache-2.0

/**
 * Remembers which runs there were, with the levels they reached.
 */
@NullMarked
package dev.lockkeeper.ledger;

import org.jspecify.annotations.NullMarked;
