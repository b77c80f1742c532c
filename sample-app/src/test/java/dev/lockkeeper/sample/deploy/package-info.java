// SPDX-License-Identifier: Apache-2.0

/**
 * Follows each page of {@code docs/deploy} word for word.
 */
@NullMarked
package dev.lockkeeper.sample.deploy;

import org.jspecify.annotations.NullMarked;
