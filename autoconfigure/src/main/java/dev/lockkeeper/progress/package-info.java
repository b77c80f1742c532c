// SPDX-License-Identifier: Apache-2.0

/**
 * The port to those who want to know how a starting process gets on.
 */
@NullMarked
package dev.lockkeeper.progress;

import org.jspecify.annotations.NullMarked;
