// SPDX-License-Identifier: Apache-2.0

/**
 * Reads what the command line asks of a process that exits after migrating.
 */
@NullMarked
package dev.lockkeeper.command;

import org.jspecify.annotations.NullMarked;
