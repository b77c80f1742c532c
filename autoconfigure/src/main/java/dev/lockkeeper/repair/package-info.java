// SPDX-License-Identifier: Apache-2.0

/**
 * Carries out what an operator decides about a schema.
 */
@NullMarked
package dev.lockkeeper.repair;

import org.jspecify.annotations.NullMarked;
