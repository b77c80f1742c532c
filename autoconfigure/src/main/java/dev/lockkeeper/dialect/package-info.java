// SPDX-License-Identifier: Apache-2.0

/**
 * Translates what each database says into the words of PostgreSQL.
 */
@NullMarked
package dev.lockkeeper.dialect;

import org.jspecify.annotations.NullMarked;
