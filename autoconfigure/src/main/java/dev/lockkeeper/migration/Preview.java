// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

/**
 * The SQL that a run would execute.
 *
 * @param sql the script, or its beginning, for the command line client of the database
 * @param characters how many characters the whole script has
 * @param changeSets how many change sets the whole script has
 * @since 0.1.0
 */
public record Preview(String sql, long characters, int changeSets) {

	/**
	 * Return whether the script is complete.
	 * @return whether it is whole
	 */
	public boolean isWhole() {
		return this.characters <= this.sql.length();
	}

}
