// SPDX-License-Identifier: Apache-2.0

/**
 * An application that uses what Spring Boot's script initializers make.
 */
@NullMarked
package dev.lockkeeper.initializers;

import org.jspecify.annotations.NullMarked;
