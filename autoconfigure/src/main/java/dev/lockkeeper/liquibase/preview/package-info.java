// SPDX-License-Identifier: Apache-2.0

/**
 * Writes the SQL that Liquibase would execute.
 */
@NullMarked
package dev.lockkeeper.liquibase.preview;

import org.jspecify.annotations.NullMarked;
