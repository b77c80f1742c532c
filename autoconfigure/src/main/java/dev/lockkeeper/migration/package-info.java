// SPDX-License-Identifier: Apache-2.0

/**
 * One run of a migrator.
 */
@NullMarked
package dev.lockkeeper.migration;

import org.jspecify.annotations.NullMarked;
