// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

import dev.lockkeeper.lock.Lease;
import dev.lockkeeper.lock.LockObstructedException;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaUnreadableException;
import dev.lockkeeper.wording.Durations;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Waits, after an attempt has lost its connection, until the run can go on: the database
 * can be written, the server has ended the lost session, and the lease is still held or
 * was taken again.
 */
final class Reconnection {

	private static final Log logger = LogFactory.getLog(Reconnection.class);

	private final RunEnvironment environment;

	private final MigrationTarget target;

	private final RunFailures failures;

	private final RunState state;

	private final LockAcquisition acquisition;

	private final Retries retries;

	/**
	 * Create a reconnection for one run.
	 * @param pending how many change sets were pending when its first attempt began
	 */
	Reconnection(RunEnvironment environment, MigrationTarget target, RunFailures failures, RunState state,
			LockAcquisition acquisition, int pending) {
		this.environment = environment;
		this.target = target;
		this.failures = failures;
		this.state = state;
		this.acquisition = acquisition;
		this.retries = new Retries(environment.settings().attempts(), environment.settings().reconnectWait(), pending);
	}

	/**
	 * Wait until the run can go on.
	 * @param lost the attempt that has lost its connection
	 * @param loss the loss
	 * @return the schema, with the lease for the next attempt; without one when another
	 * process has migrated it
	 * @throws RuntimeException when the run cannot go on, or not in time
	 */
	LockResult await(Attempt lost, SessionLostException loss) {
		RuntimeException failure = this.failures.explain(loss, lost);
		if (!lost.mayBeFollowed(loss) || !this.retries.mayRetry()) {
			throw failure;
		}
		logger.info("lockkeeper - connection lost (schema %s, %s: %s); goes on within %s, or ends".formatted(
				this.target.getName(), this.retries, failure.getMessage(),
				Durations.inWords(this.retries.remaining())));
		AtomicReference<@Nullable Exception> last = new AtomicReference<>();
		LockResult result = this.environment.polling()
			.await("waiting to go on after its connection was lost",
					this.environment.budget().atMost(this.retries.remaining()), () -> tryOnce(lost, last),
					() -> gaveUp(failure, last.get()));
		this.retries.beginAgain(result.state().pending().size());
		return result;
	}

	private Optional<LockResult> tryOnce(Attempt lost, AtomicReference<@Nullable Exception> last) {
		this.state.enter(new RunStage.Reconnecting(this.acquisition, lost, () -> null));
		Lease lease = lost.getLease();
		try {
			lease.endSession();
			this.acquisition.cleared();
			boolean held = !lease.isLost();
			if (!held) {
				lease.close();
			}
			SchemaState now = this.target.inspect();
			this.state.enter(new RunStage.Reconnecting(this.acquisition, lost,
					held ? now::whereabouts : this.acquisition::whereabouts));
			if (!this.target.needsRun(now)) {
				this.target.releaseStaleLock(lease.getHolder());
			}
			return held ? Optional.of(new LockResult(now, lease)) : this.acquisition.attempt(now);
		}
		catch (LockObstructedException ex) {
			this.acquisition.obstructed(ex);
		}
		catch (Exception ex) {
			if (!(ex instanceof SchemaUnreadableException) && this.target.diagnose(ex) == null) {
				throw (ex instanceof RuntimeException unforeseen) ? unforeseen : new IllegalStateException(ex);
			}
			this.acquisition.cleared();
			last.set(ex);
		}
		return Optional.empty();
	}

	private RuntimeException gaveUp(RuntimeException failure, @Nullable Exception last) {
		LockObstructedException obstructed = this.acquisition.getObstruction();
		if (obstructed != null) {
			return obstructed;
		}
		logger.warn("lockkeeper - the run cannot go on (schema %s: %s); start it again".formatted(this.target.getName(),
				(last != null) ? RunFailures.describe(last, this.target) : "another process holds the lock"));
		return failure;
	}

}
