// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock.lease;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.lock.LockObstructedException;
import dev.lockkeeper.postgresql.Backend;
import dev.lockkeeper.postgresql.Backend.Survival;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * Earlier work under the lock: that of a holder whose lease has ended, or whose
 * connection is lost. Its process may be dead while the server still executes its
 * statement, or frozen between its proof and its commit.
 *
 * @param holder its name
 * @param backend the backend that worked for it
 * @param end what has ended
 */
record Predecessor(String holder, Backend backend, String end) {

	private static final Log logger = LogFactory.getLog(Predecessor.class);

	static Predecessor withoutLease(String holder, Backend backend) {
		return new Predecessor(holder, backend, "lease of %s has ended".formatted(holder));
	}

	static Predecessor withoutConnection(String holder, Backend backend) {
		return new Predecessor(holder, backend, "connection of %s was lost".formatted(holder));
	}

	/**
	 * End what it left behind.
	 * @throws LockObstructedException when its backend may still live
	 */
	void end(Connection connection, Duration timeout) throws SQLException {
		Survival survival = this.backend.end(connection, timeout);
		if (survival == null) {
			return;
		}
		String message = "The %s, and its backend (pid %d, %s) may still be at work.".formatted(this.end,
				survival.pid(), survival.owner());
		if (survival.missing() == null) {
			throw new LockObstructedException(ExitStatus.TEMPORARY, message,
					"The server was asked to end it. See in pg_stat_activity what keeps it, then start this process again.");
		}
		throw new LockObstructedException(ExitStatus.PERMISSION, message,
				"%s Or end it by hand: SELECT pg_terminate_backend(%d).".formatted(survival.missing(), survival.pid()));
	}

	/**
	 * Log that its backend is gone. To be called when something was written in the
	 * session in which it was ended: a standby does not show the sessions of its primary.
	 */
	void ended() {
		logger.info("lockkeeper - the backend of the last holder is gone (pid %d, holder %s)"
			.formatted(this.backend.pid(), this.holder));
	}

}
