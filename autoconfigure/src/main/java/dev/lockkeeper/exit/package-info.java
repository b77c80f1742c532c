// SPDX-License-Identifier: Apache-2.0

/**
 * How the process ends.
 */
@NullMarked
package dev.lockkeeper.exit;

import org.jspecify.annotations.NullMarked;
