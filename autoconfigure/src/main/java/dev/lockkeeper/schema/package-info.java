// SPDX-License-Identifier: Apache-2.0

/**
 * What a database is against what the code expects.
 */
@NullMarked
package dev.lockkeeper.schema;

import org.jspecify.annotations.NullMarked;
