// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

/**
 * What one cheap query tells of a history: while it stays the same, no change set was
 * added, rerun or removed.
 *
 * @param rows the number of rows
 * @param highestOrder the highest number of a row, 0 for an empty history
 * @since 0.1.0
 */
public record HistoryMark(long rows, long highestOrder) {
}
