// SPDX-License-Identifier: Apache-2.0

/**
 * The port to the tool that migrates one schema.
 */
@NullMarked
package dev.lockkeeper.engine;

import org.jspecify.annotations.NullMarked;
