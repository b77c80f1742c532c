// SPDX-License-Identifier: Apache-2.0

/**
 * Removes credentials from what is shown.
 */
@NullMarked
package dev.lockkeeper.redaction;

import org.jspecify.annotations.NullMarked;
