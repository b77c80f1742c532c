// SPDX-License-Identifier: Apache-2.0

/**
 * Gives each part of Liquibase the run in which it takes part.
 */
@NullMarked
package dev.lockkeeper.liquibase.run;

import org.jspecify.annotations.NullMarked;
