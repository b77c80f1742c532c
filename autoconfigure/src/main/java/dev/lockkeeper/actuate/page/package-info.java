// SPDX-License-Identifier: Apache-2.0

/**
 * Shows the schemas to a browser.
 */
@NullMarked
package dev.lockkeeper.actuate.page;

import org.jspecify.annotations.NullMarked;
