// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import org.jspecify.annotations.Nullable;

/**
 * What is cheap to read of a history: while it stays the same, no change set was added,
 * rerun or removed, no row was changed by hand, no run began or ended, and no other
 * session was in the way of one.
 *
 * @param rows the number of rows
 * @param highestOrder the highest number of a row, 0 for an empty history
 * @param digest a digest of what an inspection reads of the rows; the latest time of a
 * row where the database computes none: then a row that was changed by hand is not
 * noticed; {@code null} for an empty history
 * @param lastRun the last run and how it ended, only to be compared; {@code null} when
 * there was none, or this process may not read the ledger
 * @since 0.1.0
 */
public record HistoryMark(long rows, long highestOrder, @Nullable String digest, @Nullable String lastRun) {

	/**
	 * Return this mark with a run.
	 * @param last the last run and how it ended, or {@code null} when there is none
	 * @return the mark
	 */
	public HistoryMark withLastRun(@Nullable String last) {
		return new HistoryMark(this.rows, this.highestOrder, this.digest, last);
	}

}
