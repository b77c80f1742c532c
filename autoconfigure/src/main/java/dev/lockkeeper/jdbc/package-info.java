// SPDX-License-Identifier: Apache-2.0

/**
 * Puts typed objects in front of JDBC objects.
 */
@NullMarked
package dev.lockkeeper.jdbc;

import org.jspecify.annotations.NullMarked;
