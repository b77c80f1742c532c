// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.transaction;

import java.time.Duration;

import dev.lockkeeper.postgresql.SessionIdentity;
import org.jspecify.annotations.Nullable;

/**
 * The timeouts that the run has set for the open transaction of a session. They end with
 * the transaction. Statements are written for the same round trip as the one that they
 * are for, and take no snapshot.
 */
final class TransactionTimeouts {

	private static final String SET_LOCK = "SET LOCAL lock_timeout = ";

	private static final String SET_STATEMENT = "SET LOCAL statement_timeout = ";

	/**
	 * Differs from each timeout, so that the next one is set.
	 */
	private static final Duration NOT_KNOWN = Duration.ofMillis(-1);

	/** The timeouts with which the session was opened; {@code null} when not known. */
	private final @Nullable SessionIdentity own;

	private @Nullable Duration lock;

	private @Nullable Duration statement;

	TransactionTimeouts(@Nullable SessionIdentity own) {
		this.own = own;
	}

	/**
	 * Set the timeouts of the next statement.
	 * @param lockTimeout how long it waits for a lock; {@code null} for as long as the
	 * session itself does
	 * @param statementTimeout how long it may take; likewise
	 * @return what is to be executed before it; empty when nothing has to be
	 */
	String set(@Nullable Duration lockTimeout, @Nullable Duration statementTimeout) {
		SessionIdentity opened = this.own;
		if (opened == null) {
			return "";
		}
		String sql = change(SET_LOCK, this.lock, lockTimeout, opened.lockTimeout())
				+ change(SET_STATEMENT, this.statement, statementTimeout, opened.statementTimeout());
		this.lock = lockTimeout;
		this.statement = statementTimeout;
		return sql;
	}

	/**
	 * Return how long the session itself waits for locks: its URL, its role or its
	 * database may say so. Zero for as long as it takes.
	 */
	Duration getOwnLock() {
		return (this.own != null) ? this.own.lockTimeoutAsDuration() : Duration.ZERO;
	}

	/**
	 * Put back what the session itself has, for what the run does by itself.
	 * @return what is to be executed; empty when nothing has to be
	 */
	String putBack() {
		return set(null, null);
	}

	private static String change(String set, @Nullable Duration now, @Nullable Duration next, String opened) {
		if ((next != null) ? next.equals(now) : now == null) {
			return "";
		}
		return "%s%s; ".formatted(set, (next != null) ? Long.toString(next.toMillis()) : "'%s'".formatted(opened));
	}

	/**
	 * A statement has set for itself how long the session waits for locks: that stays.
	 */
	void keepLock() {
		this.lock = null;
	}

	/**
	 * The transaction has ended, and what was set for it.
	 */
	void ended() {
		this.lock = null;
		this.statement = null;
	}

	/**
	 * A part of the transaction was rolled back, perhaps with what was set in it.
	 */
	void rolledBackPartly() {
		if (this.lock != null) {
			this.lock = NOT_KNOWN;
		}
		if (this.statement != null) {
			this.statement = NOT_KNOWN;
		}
	}

}
