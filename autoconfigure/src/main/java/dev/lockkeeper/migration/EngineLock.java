// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.time.Duration;

import dev.lockkeeper.thread.DaemonThread;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Releases the engine's own lock where the engine could not, because a run has died, or
 * because its connection can no longer be used. The release has a connection of its own,
 * and its failure does not fail a run.
 */
final class EngineLock {

	private static final Log logger = LogFactory.getLog(EngineLock.class);

	/**
	 * Enough for one statement on a new connection. A run that ends does not wait longer
	 * for a database that does not answer.
	 */
	private static final Duration TIMEOUT = Duration.ofSeconds(10);

	private final MigrationTarget target;

	EngineLock(MigrationTarget target) {
		this.target = target;
	}

	/**
	 * Release the lock that a dead run left behind.
	 * @param dead the holder of a lease under which a run of this process has ended, or
	 * {@code null}
	 */
	void release(@Nullable String dead) {
		try {
			this.target.releaseStaleLock(dead);
		}
		catch (Exception ex) {
			notReleased(RunFailures.describe(ex, this.target));
		}
	}

	/**
	 * Release the lock that the run which ends left behind.
	 */
	void releaseAtEnd() {
		if (!this.target.hasStaleLock()) {
			return;
		}
		Thread releasing = DaemonThread.start("lockkeeper-release", () -> release(null));
		if (!isOver(releasing)) {
			notReleased("the database does not answer");
		}
	}

	// A run that was asked to end still releases the lock
	private static boolean isOver(Thread thread) {
		boolean interrupted = Thread.interrupted();
		try {
			thread.join(TIMEOUT.toMillis());
			return !thread.isAlive();
		}
		catch (InterruptedException ex) {
			interrupted = true;
			return false;
		}
		finally {
			if (interrupted) {
				Thread.currentThread().interrupt();
			}
		}
	}

	/**
	 * Warn that the lock is still held.
	 * @param why why it could not be released
	 */
	void notReleased(String why) {
		EngineWords words = this.target.getWords();
		logger
			.warn(("lockkeeper - the %s that a run left behind could not be released (schema %s: %s); a %s that is not "
					+ "governed waits until a process that may do so has started")
				.formatted(words.lock(), this.target.getName(), why, words.engine()));
	}

}
