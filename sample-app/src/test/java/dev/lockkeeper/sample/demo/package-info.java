// SPDX-License-Identifier: Apache-2.0

/**
 * Plays a deployment with real processes.
 */
@NullMarked
package dev.lockkeeper.sample.demo;

import org.jspecify.annotations.NullMarked;
