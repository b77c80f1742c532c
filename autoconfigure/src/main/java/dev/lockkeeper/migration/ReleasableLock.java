// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.sql.SQLException;

import org.jspecify.annotations.Nullable;

/**
 * The lock that the engine of a {@link MigrationTarget} keeps for itself, which can be
 * released in place of its holder.
 *
 * @since 0.1.0
 */
public interface ReleasableLock {

	/**
	 * Read the engine's own lock. The schema has been inspected before.
	 * @return the holding, or {@code null} when the lock is free
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
	 * Return what an operator can do about a lock that is held and names no holder.
	 * @return a sentence
	 */
	String getAdviceWithoutHolder();

	/**
	 * The engine's own lock while it is held.
	 *
	 * @param holder the holder, as the lock has it; empty when it has none
	 * @param run the holder of the lease under which a governed run took it; {@code null}
	 * when an engine that is not governed holds it
	 * @param facts since when it is held, and what the database shows of the holder
	 * @param row what identifies this holding, for the engine alone
	 */
	record Held(String holder, @Nullable String run, String facts, Object row) {
	}

}
