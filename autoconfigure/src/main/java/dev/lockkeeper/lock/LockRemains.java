// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock;

import org.jspecify.annotations.Nullable;

/**
 * What became of a lock whose holder may be dead.
 *
 * @param outcome whether the lock is free now
 * @param holder the last holder, if that is known
 * @param facts what is known of the holder, for people to read
 * @since 0.1.0
 */
public record LockRemains(Outcome outcome, @Nullable String holder, String facts) {

	/**
	 * Whether the lock is free now.
	 */
	public enum Outcome {

		/** No process held the lock, and no session of the last holder remains. */
		FREE,

		/** The holder's session is gone, and its lock was released. */
		RELEASED,

		/** The holder's session lives, or it is not proved that it is gone. */
		KEPT

	}

}
