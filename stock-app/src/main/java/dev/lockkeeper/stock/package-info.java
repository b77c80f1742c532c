// SPDX-License-Identifier: Apache-2.0

/**
 * An application as it was before Lockkeeper came.
 */
@NullMarked
package dev.lockkeeper.stock;

import org.jspecify.annotations.NullMarked;
