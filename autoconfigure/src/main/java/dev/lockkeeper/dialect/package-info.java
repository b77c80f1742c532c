// SPDX-License-Identifier: Apache-2.0

/**
 * What each database says in words of its own.
 */
@NullMarked
package dev.lockkeeper.dialect;

import org.jspecify.annotations.NullMarked;
