// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;

import dev.lockkeeper.schema.RunActivity.Blocker;

/**
 * A change set was rolled back because other sessions were in its way: it has waited too
 * long for a lock, or was chosen to end a deadlock or a conflict. Another attempt can
 * begin where this one stopped.
 *
 * @since 0.1.0
 */
public class LockNotGrantedException extends Exception {

	private static final long serialVersionUID = 1L;

	/** What happened to the change set. */
	private final String what;

	/** How long the change set waits. */
	private final Duration timeout;

	/** The sessions that were in its way. */
	private final transient List<Blocker> blockers;

	/**
	 * Create an exception.
	 * @param cause what the database has answered
	 * @param what what happened to the change set, as the end of a clause whose subject
	 * it is
	 * @param timeout how long the change set waits for locks; zero for as long as it
	 * takes
	 * @param blockers the sessions that were in its way, as far as they were seen
	 */
	public LockNotGrantedException(Exception cause, String what, Duration timeout, List<Blocker> blockers) {
		super("The change set was rolled back: it %s; %s".formatted(what, describe(blockers)), cause);
		this.what = what;
		this.timeout = timeout;
		this.blockers = List.copyOf(blockers);
	}

	private static String describe(List<Blocker> blockers) {
		Instant now = Instant.now();
		return blockers.isEmpty() ? "it was not seen which sessions were in its way"
				: blockers.stream()
					.map((blocker) -> blocker.describe(now))
					.collect(Collectors.joining("; and by ", "blocked by ", ""));
	}

	/**
	 * Return what happened to the change set.
	 * @return the end of a clause whose subject it is, and for which sessions it has
	 * waited
	 */
	String describe() {
		return "%s; %s".formatted(this.what, describe(this.blockers));
	}

	/**
	 * Return how long the change set waits for locks.
	 * @return the time; zero for as long as it takes
	 */
	public Duration getTimeout() {
		return this.timeout;
	}

	/**
	 * Return the sessions that were in its way.
	 * @return the sessions, as far as they were seen
	 */
	public List<Blocker> getBlockers() {
		return this.blockers;
	}

}
