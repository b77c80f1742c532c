// SPDX-License-Identifier: Apache-2.0

/**
 * Answers for the web server while the context is still starting.
 */
@NullMarked
package dev.lockkeeper.probe;

import org.jspecify.annotations.NullMarked;
