// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.transaction;

import java.time.Duration;
import java.util.List;

import dev.lockkeeper.schema.RunActivity.Blocker;

/**
 * Observes how long the statements of a run wait for locks, and for which sessions. All
 * methods are called on the thread of the run, between two statements.
 *
 * @since 0.1.0
 */
public interface LockWaits {

	/**
	 * Observes nothing.
	 */
	LockWaits UNOBSERVED = new LockWaits() {

		@Override
		public void begin(Duration timeout) {
		}

		@Override
		public Waited end() {
			return Waited.NOTHING;
		}

	};

	/**
	 * A statement is about to be executed that may wait.
	 * @param timeout how long it waits for a lock at most
	 */
	void begin(Duration timeout);

	/**
	 * The statement has ended.
	 * @return what was observed of it
	 */
	Waited end();

	/**
	 * What was observed of a statement.
	 *
	 * @param duration for how long it has waited, as far as it was seen to wait
	 * @param blockers the sessions for which it was last seen to wait
	 */
	record Waited(Duration duration, List<Blocker> blockers) {

		/**
		 * It was not seen to wait.
		 */
		public static final Waited NOTHING = new Waited(Duration.ZERO, List.of());

	}

}
