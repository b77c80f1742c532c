// SPDX-License-Identifier: Apache-2.0

/**
 * Answers for Liquibase what an engine alone knows.
 */
@NullMarked
package dev.lockkeeper.liquibase;

import org.jspecify.annotations.NullMarked;
