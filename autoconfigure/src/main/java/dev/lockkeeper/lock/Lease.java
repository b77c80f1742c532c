// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

/**
 * A lock while a process holds it. Its methods may be called on any thread.
 * <p>
 * An implementation must provide {@link #getHolder()}, {@link #isLost()}, {@link #onLost}
 * and {@link #close()}. It keeps the lock until it is closed, also for hours, and frees
 * it some time after its process has died. When it cannot keep the lock, it reports that
 * the lease is lost before another process can have the lock.
 * <p>
 * The other methods are for an implementation that is {@linkplain #isFenced() fenced}: it
 * keeps the lock in the database of the schema, and proves in each transaction of the run
 * that it holds the lock. Such an implementation must provide them all.
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
	 * Return the name of the holder: of this process, with a part that no other lease has
	 * or will have. At most 255 characters, and fit to be shown. It is the name that
	 * {@link MigrationLock#findHolder} gives while this lease lasts.
	 * @return the name
	 */
	String getHolder();

	/**
	 * Return whether the lease is lost. Once it is, it stays lost, and what
	 * {@link #onLost} was given has been called or is being called.
	 * @return whether it is lost
	 */
	boolean isLost();

	/**
	 * Call something once the lease is lost; at once, if it is lost already. Several
	 * actions are called in the order in which they were given, on the thread that
	 * noticed the loss. They stop the run. None is called after {@link #close()}.
	 * @param action gets the reason, as a clause: "its key was deleted"
	 */
	void onLost(Consumer<String> action);

	/**
	 * Release the lock, if this holder still holds it, and stop keeping it. Does nothing
	 * the second time. Never throws: a lock that cannot be released ends by itself.
	 */
	@Override
	void close();

	/**
	 * Return the holder before this one, if that holder never released the lock: it died,
	 * or was out of reach until its lock ended.
	 * @return the name of that holder, or a description when its name is gone;
	 * {@code null} when there was none, or that is not known
	 */
	default @Nullable String getPredecessor() {
		return null;
	}

	/**
	 * Return whether {@link #prove} is a real proof: once another process has the lock,
	 * no transaction of this holder is committed any more. A run under a lease that is
	 * not fenced is logged at WARN, is marked in the ledger, and ends when it loses its
	 * connection, in place of going on.
	 * @return whether the lease is fenced
	 */
	default boolean isFenced() {
		return false;
	}

	/**
	 * Record the session that works under this lease, before it does anything. The next
	 * holder ends that session first, should this process have died, so that it is never
	 * beside one that the server still executes. One session is recorded at a time, the
	 * last one.
	 * @param connection a connection to the database of the schema, in auto-commit mode
	 * @throws SQLException when it cannot be recorded
	 */
	default void recordSession(Connection connection) throws SQLException {
	}

	/**
	 * Note that the recorded session has had an answer to everything, and has been
	 * closed. It is not ended when the lock is released, because behind a pooler its
	 * backend may serve another client by then. Until that moment it stays recorded.
	 */
	default void sessionClosed() {
	}

	/**
	 * Go on after the recorded session was lost: make sure that the server does not
	 * execute it any more, and renew the lease at once. That proves that the database
	 * answers, and can be written. Does nothing when the lease is lost, and may lose it.
	 * Called for a {@linkplain #isFenced() fenced} lease alone.
	 * @throws LockObstructedException when the session may still be at work; another call
	 * may succeed
	 * @throws SQLException when the database does not answer or cannot be written
	 */
	default void endSession() throws SQLException {
	}

	/**
	 * Prove, within the open transaction of a connection, that this holder has the lock,
	 * and keep other processes from taking it until the transaction ends. Where this
	 * fails the lease is lost, and the transaction must be rolled back. The transaction
	 * may have any isolation level, and must be one that may write.
	 * @param connection a connection to the database of the schema, on PostgreSQL
	 * @return whether this holder has the lock; by default, whether the lease is not lost
	 * as far as this process knows
	 * @throws SQLException when the database does not answer
	 */
	default boolean prove(Connection connection) throws SQLException {
		return !isLost();
	}

	/**
	 * Prove likewise for a transaction that may only read.
	 * @param connection a connection to the database of the schema, on PostgreSQL
	 * @return whether this holder has the lock; by default, whether the lease is not lost
	 * as far as this process knows
	 * @throws SQLException when the database does not answer
	 */
	default boolean proveApart(Connection connection) throws SQLException {
		return !isLost();
	}

}
