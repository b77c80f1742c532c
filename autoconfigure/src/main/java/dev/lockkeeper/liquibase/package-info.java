// SPDX-License-Identifier: Apache-2.0

/**
 * Everything that knows a Liquibase class or a Liquibase table.
 */
@NullMarked
package dev.lockkeeper.liquibase;

import org.jspecify.annotations.NullMarked;
