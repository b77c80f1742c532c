// SPDX-License-Identifier: Apache-2.0

/**
 * The fields that each log line carries beside its text.
 */
@NullMarked
package dev.lockkeeper.logging;

import org.jspecify.annotations.NullMarked;
