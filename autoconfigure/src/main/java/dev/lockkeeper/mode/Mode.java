// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.mode;

/**
 * What a process does about pending change sets.
 *
 * @since 0.1.0
 */
public enum Mode {

	/** Migrates at start, under the lock of the cluster. */
	SELF,

	/** Never migrates; waits until another process has migrated. */
	DEFER,

	/** Migrates and exits; no web server, no other beans. */
	MIGRATE_ONLY

}
