// SPDX-License-Identifier: Apache-2.0

/**
 * Compares a database with what the code expects.
 */
@NullMarked
package dev.lockkeeper.schema;

import org.jspecify.annotations.NullMarked;
