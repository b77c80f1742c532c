// SPDX-License-Identifier: Apache-2.0

/**
 * Everything that knows a PostgreSQL catalog, setting or SQLSTATE.
 */
@NullMarked
package dev.lockkeeper.postgresql;

import org.jspecify.annotations.NullMarked;
