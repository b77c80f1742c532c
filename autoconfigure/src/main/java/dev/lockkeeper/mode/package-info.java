// SPDX-License-Identifier: Apache-2.0

/**
 * Turns facts of the environment into SELF, DEFER or MIGRATE_ONLY with a reason.
 */
@NullMarked
package dev.lockkeeper.mode;

import org.jspecify.annotations.NullMarked;
