// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

import dev.lockkeeper.migration.RunControl.StopReason;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.LockContention;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.wording.Durations;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Pauses, after other sessions were in the way of a change set, until it is tried again.
 * What queued behind it is served meanwhile: the first pause is at least four times as
 * long as the change set has waited, and each further one is longer.
 */
final class LockRetry {

	private static final Log logger = LogFactory.getLog(LockRetry.class);

	private static final int FIRST_PAUSE = 4;

	private static final double GROWTH = 1.5;

	private static final double JITTER = 0.25;

	private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

	/**
	 * The pause after a deadlock or a conflict of a change set that waits as long as it
	 * takes.
	 */
	private static final Duration USUAL_TIMEOUT = Duration.ofSeconds(2);

	private final RunEnvironment environment;

	private final MigrationTarget target;

	private final RunFailures failures;

	private @Nullable ChangeSetReference changeSet;

	private int attempts;

	private long began;

	LockRetry(RunEnvironment environment, MigrationTarget target, RunFailures failures) {
		this.environment = environment;
		this.target = target;
		this.failures = failures;
	}

	/**
	 * Wait until the change set may be tried again.
	 * @param blocked the attempt in which it was rolled back
	 * @param failure why
	 * @return the next attempt
	 * @throws RuntimeException when the run may not go on, or has tried often enough
	 */
	Attempt await(Attempt blocked, LockNotGrantedException failure) {
		count(blocked.getRunning());
		String what = failure.describe();
		this.target.runBlocked(new LockContention(this.attempts, blocked.getRunning(), what, Instant.now()));
		Duration shortest = shortest(failure.getTimeout());
		Duration left = remaining();
		int most = this.environment.settings().lockAttempts();
		if (mustStop(blocked) || this.attempts >= most || left.compareTo(shortest) < 0) {
			throw explain(blocked, failure);
		}
		Duration grown = grow(shortest);
		Duration pause = (grown.compareTo(left) < 0) ? grown : left;
		logger.warn(("lockkeeper - change set %s was blocked (schema %s, attempt %d of %d): it %s; let the session "
				+ "in its way end its transaction; it is tried again in %s")
			.formatted(blocked.getRunning(), this.target.getName(), this.attempts, most, what,
					Durations.inWords(pause)));
		pause(pause, blocked);
		if (mustStop(blocked)) {
			throw explain(blocked, failure);
		}
		SchemaState now = this.target.inspect();
		return blocked.again(now, failure, this.attempts);
	}

	private void count(@Nullable ChangeSetReference running) {
		if (this.attempts == 0 || running == null || !running.equals(this.changeSet)) {
			this.changeSet = running;
			this.attempts = 0;
			this.began = System.nanoTime();
		}
		this.attempts++;
	}

	private static boolean mustStop(Attempt blocked) {
		if (blocked.getLease().isLost()) {
			blocked.getControl().stop(StopReason.LEASE_LOST);
		}
		return blocked.getControl().getStopReason() != null;
	}

	private static Duration shortest(Duration timeout) {
		return (timeout.isZero() ? USUAL_TIMEOUT : timeout).multipliedBy(FIRST_PAUSE);
	}

	private Duration grow(Duration shortest) {
		Duration longest = (LONGEST_PAUSE.compareTo(shortest) < 0) ? shortest : LONGEST_PAUSE;
		double grown = Math.min((double) shortest.toMillis() * Math.pow(GROWTH, this.attempts - 1.0),
				(double) longest.toMillis());
		return Duration.ofMillis((long) (grown * (1 + ThreadLocalRandom.current().nextDouble(JITTER))));
	}

	private Duration remaining() {
		Duration tried = Duration.ofNanos(System.nanoTime() - this.began);
		Duration left = this.environment.settings().lockRetryDuration().minus(tried);
		return this.environment.budget().atMost(left.isNegative() ? Duration.ZERO : left);
	}

	// Each poll counts as progress. The last one is made when the time is up
	private void pause(Duration pause, Attempt blocked) {
		long since = System.nanoTime();
		this.environment.polling()
			.await("waiting to try change set %s again, because other sessions were in its way"
				.formatted(blocked.getRunning()), pause,
					() -> (mustStop(blocked) || System.nanoTime() - since >= pause.toNanos())
							? Optional.of(Boolean.TRUE) : Optional.empty(),
					() -> new IllegalStateException("The last poll has the answer"));
	}

	private RuntimeException explain(Attempt blocked, LockNotGrantedException failure) {
		return this.failures.explain(failure, blocked, this.attempts);
	}

}
