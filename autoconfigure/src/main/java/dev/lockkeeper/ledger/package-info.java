// SPDX-License-Identifier: Apache-2.0

/**
 * Remembers what was executed, with the levels that were reached.
 */
@NullMarked
package dev.lockkeeper.ledger;

import org.jspecify.annotations.NullMarked;
