// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.observation;

import org.jspecify.annotations.Nullable;

/**
 * Knows how the last runs went. Asking is quick, and never touches a database.
 */
@FunctionalInterface
interface LastRuns {

	/**
	 * Return the last run of a schema.
	 * @param schema the name of the schema
	 * @return the run, or {@code null} when none is known
	 */
	@Nullable LastRun of(String schema);

}
