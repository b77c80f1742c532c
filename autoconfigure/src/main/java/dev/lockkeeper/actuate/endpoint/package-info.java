// SPDX-License-Identifier: Apache-2.0

/**
 * The view of the operator.
 */
@NullMarked
package dev.lockkeeper.actuate.endpoint;

import org.jspecify.annotations.NullMarked;
