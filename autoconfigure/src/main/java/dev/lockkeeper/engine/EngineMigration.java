// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.engine;

import dev.lockkeeper.transaction.RunningEngine;

/**
 * One migration by an engine. It is used once, by one thread.
 *
 * @since 0.1.0
 */
public interface EngineMigration {

	/**
	 * Return what shows the activity of the engine while it migrates.
	 * @return the running engine
	 */
	RunningEngine getRunningEngine();

	/**
	 * Migrate, on the calling thread. The caller holds the lease.
	 * @param run what the engine works with
	 * @throws Exception when a change set fails, or the run was stopped
	 */
	void migrate(EngineRun run) throws Exception;

	/**
	 * Return whether the run may still hold the lock that the engine keeps. Called when
	 * {@link #migrate} has ended, however it did.
	 * @return whether it may; not for an engine that keeps no lock
	 */
	boolean mayHoldLock();

}
