// SPDX-License-Identifier: Apache-2.0

/**
 * Makes the script initializers of Spring Boot an engine.
 */
@NullMarked
package dev.lockkeeper.initialization;

import org.jspecify.annotations.NullMarked;
