// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * What a preview may cost the process that makes it.
 *
 * @param characters how many characters of the script are kept
 * @param statement how long the database may take for a question about the changelog, or
 * {@code null} when the process does nothing else
 * @since 0.1.0
 */
public record PreviewLimits(int characters, @Nullable Duration statement) {

	/**
	 * No limits: those of a process that only writes the script and exits.
	 */
	public static final PreviewLimits NONE = new PreviewLimits(Integer.MAX_VALUE, null);

	/**
	 * Return whether the process serves meanwhile.
	 * @return whether it does
	 */
	public boolean isServing() {
		return this.statement != null;
	}

}
