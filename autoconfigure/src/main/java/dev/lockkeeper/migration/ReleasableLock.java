// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.sql.SQLException;

import org.jspecify.annotations.Nullable;

/**
 * What a {@link MigrationTarget} can do besides, when its engine keeps a lock of its own:
 * release that lock in place of its holder.
 *
 * @since 0.1.0
 */
public interface ReleasableLock {

	/**
	 * Look at the engine's own lock. The schema has been inspected before.
	 * @return who holds it, or {@code null} when it is free
	 * @throws SQLException when the database does not answer or refuses
	 */
	@Nullable Held findHeld() throws SQLException;

	/**
	 * Release the engine's own lock, if it is still held as it was found: by the same
	 * holder since the same time.
	 * @param found what was found
	 * @return whether it was released
	 * @throws SQLException when the database does not answer or refuses
	 */
	boolean release(Held found) throws SQLException;

	/**
	 * The engine's own lock while it is held.
	 *
	 * @param holder who holds it, as the lock has it; empty when it does not say
	 * @param run the holder of the lease under which a governed run took it; {@code null}
	 * when an engine that is not governed holds it
	 * @param facts since when it is held, and what the database shows of the holder
	 * @param row what identifies this holding, for the engine alone
	 */
	record Held(String holder, @Nullable String run, String facts, Object row) {
	}

}
