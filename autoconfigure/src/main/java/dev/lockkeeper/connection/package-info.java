// SPDX-License-Identifier: Apache-2.0

/**
 * Opens connections that never belong to the pool of the application.
 */
@NullMarked
package dev.lockkeeper.connection;

import org.jspecify.annotations.NullMarked;
