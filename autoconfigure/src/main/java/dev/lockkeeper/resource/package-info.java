// SPDX-License-Identifier: Apache-2.0

/**
 * Puts a resource in front of another one.
 */
@NullMarked
package dev.lockkeeper.resource;

import org.jspecify.annotations.NullMarked;
