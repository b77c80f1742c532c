// SPDX-License-Identifier: Apache-2.0

/**
 * Answers what differs from database to database.
 */
@NullMarked
package dev.lockkeeper.database;

import org.jspecify.annotations.NullMarked;
