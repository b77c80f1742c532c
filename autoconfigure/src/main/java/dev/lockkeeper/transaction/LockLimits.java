// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.transaction;

import java.time.Duration;

/**
 * How long the change sets of a run wait for locks on tables, and what observes these
 * waits.
 *
 * @param timeout how long a change set waits, unless it says otherwise; zero for as long
 * as it takes
 * @param repeatable whether the run tries a change set again that others are in the way
 * of; otherwise each change set waits as long as it takes
 * @param waits observes the statements that may wait
 * @since 0.1.0
 */
public record LockLimits(Duration timeout, boolean repeatable, LockWaits waits) {

	/**
	 * Change sets wait as long as it takes.
	 */
	public static final LockLimits NONE = new LockLimits(Duration.ZERO, false, LockWaits.UNOBSERVED);

}
