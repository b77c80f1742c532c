// SPDX-License-Identifier: Apache-2.0

/**
 * Recognises code to which a schema has been migrated before.
 */
@NullMarked
package dev.lockkeeper.fastpath;

import org.jspecify.annotations.NullMarked;
