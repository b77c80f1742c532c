// SPDX-License-Identifier: Apache-2.0

/**
 * Reaches members of Liquibase that are private or open to subclasses only.
 */
@NullMarked
package dev.lockkeeper.liquibase.bean;

import org.jspecify.annotations.NullMarked;
