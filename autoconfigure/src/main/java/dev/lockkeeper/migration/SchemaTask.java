// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.exit.Verdict;
import org.jspecify.annotations.Nullable;

/**
 * What a process does with each of its schemas in place of migrating it. Used by one
 * thread.
 *
 * @since 0.1.0
 */
public interface SchemaTask {

	/**
	 * Handle a schema.
	 * @param target the schema
	 * @throws LockkeeperException when that fails
	 */
	void handle(MigrationTarget target);

	/**
	 * Finish, once each schema was handled.
	 * @return how the process ends, or {@code null} when there was no schema that the
	 * task could be about
	 * @throws LockkeeperException when the process fails
	 */
	@Nullable Verdict finish();

}
