// SPDX-License-Identifier: Apache-2.0

/**
 * Makes Flyway an engine.
 */
@NullMarked
package dev.lockkeeper.flyway;

import org.jspecify.annotations.NullMarked;
