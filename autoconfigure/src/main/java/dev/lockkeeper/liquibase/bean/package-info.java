// SPDX-License-Identifier: Apache-2.0

/**
 * Reaches what Liquibase keeps to its subclasses.
 */
@NullMarked
package dev.lockkeeper.liquibase.bean;

import org.jspecify.annotations.NullMarked;
