// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock;

/**
 * The lock while it is held. It is renewed in the background, ends by itself when the
 * process dies, and can be lost: then somebody else may hold it already.
 *
 * @since 0.1.0
 */
public interface Lease extends AutoCloseable {

	/**
	 * Return the name of the holder, which no other holder ever has.
	 * @return the name
	 */
	String getHolder();

	/**
	 * Return whether the lease is lost. Once it is, it stays lost.
	 * @return whether it is lost
	 */
	boolean isLost();

	/**
	 * Run something once the lease is lost; at once, if it is lost already. It runs on
	 * the thread that noticed.
	 * @param action what to run
	 */
	void onLost(Runnable action);

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
