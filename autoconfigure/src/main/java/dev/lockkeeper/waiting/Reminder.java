// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.waiting;

import java.time.Duration;

/**
 * Decides when a wait is reported again: at once, and then every 30 seconds at most. Used
 * by one thread.
 *
 * @since 0.1.0
 */
public final class Reminder {

	private static final long INTERVAL = Duration.ofSeconds(30).toNanos();

	private boolean reminded;

	private long last;

	/**
	 * Return whether to report now; if so, the interval begins anew.
	 * @return whether it is time
	 */
	public boolean isDue() {
		long now = System.nanoTime();
		if (this.reminded && now - this.last < INTERVAL) {
			return false;
		}
		this.reminded = true;
		this.last = now;
		return true;
	}

}
