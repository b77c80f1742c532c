// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import org.jspecify.annotations.Nullable;

/**
 * What the ledger has of one run.
 *
 * @param start how it began
 * @param end how it ended, or {@code null} when that is not written
 * @since 0.1.0
 */
public record RunRecord(RunStart start, @Nullable RunEnd end) {

}
