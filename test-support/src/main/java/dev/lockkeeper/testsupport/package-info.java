// SPDX-License-Identifier: Apache-2.0

/**
 * Real databases and real processes for tests.
 */
@NullMarked
package dev.lockkeeper.testsupport;

import org.jspecify.annotations.NullMarked;
