// SPDX-License-Identifier: Apache-2.0

/**
 * The operator's view of each schema, in the shape of its JSON.
 */
@NullMarked
package dev.lockkeeper.view;

import org.jspecify.annotations.NullMarked;
