// SPDX-License-Identifier: Apache-2.0

/**
 * The port that receives the progress of a starting process.
 */
@NullMarked
package dev.lockkeeper.progress;

import org.jspecify.annotations.NullMarked;
