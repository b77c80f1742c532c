// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * What the ledger says of one run.
 *
 * @param start how it began
 * @param end how it ended, or {@code null} when that is not written
 * @since 0.1.0
 */
public record RunRecord(RunStart start, @Nullable RunEnd end) {

	/**
	 * Return how long the run took, without its wait for the lock.
	 * @return the duration, or {@code null} when nobody knows when it ended
	 */
	public @Nullable Duration duration() {
		RunEnd known = this.end;
		return (known == null || known.isCrash()) ? null : Duration.between(this.start.at(), known.at());
	}

}
