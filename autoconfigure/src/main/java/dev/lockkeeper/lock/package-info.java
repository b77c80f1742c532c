// SPDX-License-Identifier: Apache-2.0

/**
 * The port to one migrator per schema in the whole cluster.
 */
@NullMarked
package dev.lockkeeper.lock;

import org.jspecify.annotations.NullMarked;
