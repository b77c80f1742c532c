// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock;

/**
 * A lease that is kept in the schema that is migrated, where a run that begins by
 * dropping everything drops it, too.
 *
 * @since 0.1.0
 */
public interface DroppableLease extends Lease {

	/**
	 * Note that the run is about to drop everything. Until {@link #dropEnds()}, a proof
	 * succeeds without what was dropped.
	 */
	void dropBegins();

	/**
	 * Put the lease back, after everything was dropped. The lease is lost when another
	 * process was faster.
	 */
	void dropEnds();

}
