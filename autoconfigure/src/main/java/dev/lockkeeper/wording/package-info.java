// SPDX-License-Identifier: Apache-2.0

/**
 * Puts what people read into words.
 */
@NullMarked
package dev.lockkeeper.wording;

import org.jspecify.annotations.NullMarked;
