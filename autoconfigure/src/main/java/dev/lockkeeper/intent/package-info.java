// SPDX-License-Identifier: Apache-2.0

/**
 * Remembers what was begun outside of a transaction.
 */
@NullMarked
package dev.lockkeeper.intent;

import org.jspecify.annotations.NullMarked;
