// SPDX-License-Identifier: Apache-2.0

/**
 * Tells each part of Liquibase which run it takes part in.
 */
@NullMarked
package dev.lockkeeper.liquibase.run;

import org.jspecify.annotations.NullMarked;
