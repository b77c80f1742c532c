// SPDX-License-Identifier: Apache-2.0

/**
 * Holds Liquibase's own changelog lock during a run.
 */
@NullMarked
package dev.lockkeeper.liquibase.lock;

import org.jspecify.annotations.NullMarked;
