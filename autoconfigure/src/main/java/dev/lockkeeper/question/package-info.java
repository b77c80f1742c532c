// SPDX-License-Identifier: Apache-2.0

/**
 * Answers what is asked of a schema without changing it.
 */
@NullMarked
package dev.lockkeeper.question;

import org.jspecify.annotations.NullMarked;
