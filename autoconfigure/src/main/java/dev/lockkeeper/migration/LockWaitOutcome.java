// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

/**
 * How a wait for the lock ended that did not fail.
 *
 * @since 0.1.0
 */
public enum LockWaitOutcome {

	/** The run holds the lock. */
	ACQUIRED,

	/** Another process has migrated the schema meanwhile, so the run needs no lock. */
	MIGRATED_BY_ANOTHER

}
