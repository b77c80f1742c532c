// SPDX-License-Identifier: Apache-2.0

/**
 * The lease, on ShedLock.
 */
@NullMarked
package dev.lockkeeper.lock.lease;

import org.jspecify.annotations.NullMarked;
