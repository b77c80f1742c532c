// SPDX-License-Identifier: Apache-2.0

/**
 * Commits a change with its record under the lease.
 */
@NullMarked
package dev.lockkeeper.transaction;

import org.jspecify.annotations.NullMarked;
