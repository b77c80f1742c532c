// SPDX-License-Identifier: Apache-2.0

/**
 * The actuator endpoint {@code schema}.
 */
@NullMarked
package dev.lockkeeper.actuate.endpoint;

import org.jspecify.annotations.NullMarked;
