// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock;

import java.sql.Connection;
import java.sql.SQLException;

import org.jspecify.annotations.Nullable;

/**
 * The lock while it is held. It is renewed in the background, ends by itself when the
 * process dies, and can be lost: then somebody else may hold it already.
 *
 * @since 0.1.0
 */
public interface Lease extends AutoCloseable {

	/**
	 * Return the lease of a database that no other process can reach: it is never lost,
	 * and keeps nothing.
	 * @return the lease
	 */
	static Lease local() {
		return LocalLease.INSTANCE;
	}

	/**
	 * Return the name of the holder, which no other holder ever has, except that of a
	 * {@linkplain #local() local} lease.
	 * @return the name
	 */
	String getHolder();

	/**
	 * Return from whom this holder has the lock that never released it: that one died, or
	 * was out of reach until its lease ended, and its session was gone or had to be
	 * ended. Known on PostgreSQL alone.
	 * @return the name of that holder, or words for one whose name is gone; {@code null}
	 * when there was none
	 */
	default @Nullable String getPredecessor() {
		return null;
	}

	/**
	 * Return whether the lease is lost. Once it is, it stays lost, and what
	 * {@link #onLost} was given has been run or is running.
	 * @return whether it is lost
	 */
	boolean isLost();

	/**
	 * Run something once the lease is lost; at once, if it is lost already. It runs on
	 * the thread that noticed, which may be the caller of any method of this lease.
	 * @param action what to run
	 */
	void onLost(Runnable action);

	/**
	 * Let the line that says that the lease is lost carry what the run is about then.
	 * @param facts puts that into the log context of the thread that noticed
	 */
	default void carryInLog(Runnable facts) {
	}

	/**
	 * Record the session that works under this lease, before it does anything. Should
	 * this process die, whoever takes the lock next ends the session first, so that it is
	 * never beside one that the server still executes. One session is recorded at a time,
	 * the last one. On databases other than PostgreSQL nothing is recorded.
	 * @param connection a connection to the database that holds the lock, in auto-commit
	 * mode
	 * @throws SQLException when it cannot be recorded
	 */
	void recordSession(Connection connection) throws SQLException;

	/**
	 * Say that the recorded session has had an answer to everything, and has been closed.
	 * It is not ended when the lock is released, because behind a pooler its backend may
	 * serve somebody else by then. Until that moment it stays recorded.
	 */
	void sessionClosed();

	/**
	 * Go on after the recorded session was lost: see that the server does not execute it
	 * any more, and renew the lease at once. That proves that the database answers, and
	 * can be written. Does nothing when the lease is lost, and may lose it.
	 * @throws LockObstructedException when the session may still be at work; it is worth
	 * to ask again
	 * @throws SQLException when the database does not answer or cannot be written
	 */
	void endSession() throws SQLException;

	/**
	 * Prove, within the open transaction of a connection, that the lease is still this
	 * holder's, and keep others from taking it until the transaction ends. Where this
	 * fails the lease is lost, and the transaction must be rolled back. The transaction
	 * may have any isolation level, and must be one that may write.
	 * @param connection a connection to the database that holds the lock, on PostgreSQL
	 * @return whether it is this holder's
	 * @throws SQLException when the database does not answer
	 */
	boolean prove(Connection connection) throws SQLException;

	/**
	 * Prove likewise without writing in the transaction: the row of the lease is looked
	 * at in the session of the lease. This is also how {@link #prove} proves in a
	 * transaction that does not see what was committed since it began.
	 * @param connection a connection to the database that holds the lock, on PostgreSQL
	 * @return whether it is this holder's
	 * @throws SQLException when the database does not answer
	 */
	boolean proveApart(Connection connection) throws SQLException;

	/**
	 * Put the lease back after everything was dropped under it, its table too. The lease
	 * is lost when somebody else was faster.
	 */
	void restore();

	/**
	 * Release the lock, if it is still this holder's, and stop renewing it. Never throws:
	 * a lock that cannot be released expires.
	 */
	@Override
	void close();

}
