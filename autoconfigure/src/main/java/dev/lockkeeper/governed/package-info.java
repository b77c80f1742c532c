// SPDX-License-Identifier: Apache-2.0

/**
 * Governs one schema, whichever engine migrates it.
 */
@NullMarked
package dev.lockkeeper.governed;

import org.jspecify.annotations.NullMarked;
