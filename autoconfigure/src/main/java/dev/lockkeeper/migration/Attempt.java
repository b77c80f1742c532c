// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

import dev.lockkeeper.lock.Lease;
import dev.lockkeeper.logging.LogContext;
import dev.lockkeeper.migration.RunControl.StopReason;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaVersion;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * The part of a run under one connection. It owns its control, its lease and the
 * inspection that it began with. An attempt that loses its connection is over; the run
 * may go on with the {@linkplain #next next} one.
 */
final class Attempt {

	private static final Log logger = LogFactory.getLog(Attempt.class);

	/**
	 * Two updates of Liquibase at once in one JVM leave its own lock stuck.
	 */
	private static final ReentrantLock oneAtATime = new ReentrantLock();

	private final RunEnvironment environment;

	private final MigrationTarget target;

	private final RunReference run;

	private final RunFailures failures;

	private final SchemaState seen;

	private final Lease lease;

	private final RunControl control;

	private final Before before;

	private Attempt(RunEnvironment environment, MigrationTarget target, RunReference run, RunFailures failures,
			SchemaState seen, Lease lease, Before before) {
		this.environment = environment;
		this.target = target;
		this.run = run;
		this.failures = failures;
		this.seen = seen;
		this.lease = lease;
		this.before = before;
		this.control = new RunControl(run, environment.progress(), environment.listener(),
				(failure) -> failures.endOf(failures.explain(failure, this)));
	}

	/**
	 * Create the first attempt of a run.
	 * @param seen the schema, inspected under the lease
	 * @param lease the lease
	 */
	static Attempt first(RunEnvironment environment, MigrationTarget target, RunReference run, RunFailures failures,
			SchemaState seen, Lease lease) {
		return new Attempt(environment, target, run, failures, seen, lease, Before.NOTHING);
	}

	/**
	 * Create the attempt that goes on after this one has lost its connection.
	 * @param now the schema, inspected under the lease
	 * @param held the lease: that of this attempt, or another one
	 */
	Attempt next(SchemaState now, Lease held) {
		// The change set may be committed although the answer to the commit was lost
		ChangeSetReference running = getRunning();
		boolean committed = held == this.lease && running != null && this.seen.pending().contains(running)
				&& !now.pending().contains(running);
		return new Attempt(this.environment, this.target, this.run, this.failures, now, held,
				new Before(countApplied() + (committed ? 1 : 0), getEngineLockWait(), this.lease.getHolder(), null));
	}

	/**
	 * Create the attempt that goes on after other sessions were in the way of this one.
	 * @param now the schema, inspected under the lease
	 * @param blocked what was in the way
	 * @param tried how often the change set was tried
	 */
	Attempt again(SchemaState now, LockNotGrantedException blocked, int tried) {
		return new Attempt(this.environment, this.target, this.run, this.failures, now, this.lease, new Before(
				countApplied(), getEngineLockWait(), this.lease.getHolder(), describe(getRunning(), blocked, tried)));
	}

	/**
	 * Describe what was in the way of a change set, in a sentence.
	 */
	static String describe(@Nullable ChangeSetReference changeSet, LockNotGrantedException blocked, int tried) {
		return "Change set %s was tried %s: it %s.".formatted(changeSet, RunFailures.times(tried), blocked.describe());
	}

	/**
	 * Migrate.
	 * @throws SessionLostException when the connection was lost
	 * @throws LockNotGrantedException when other sessions were in the way of a change set
	 * @throws RuntimeException when the attempt failed
	 */
	void migrate() throws SessionLostException, LockNotGrantedException {
		this.lease.onLost((why) -> {
			this.control.stop(StopReason.LEASE_LOST);
			this.control.cancel();
		});
		oneAtATime.lock();
		try (RunGuard guard = new RunGuard(this.control, this.environment.settings().shutdownGrace(),
				this.environment.budget().remaining());
				ProgressReport.Showing showing = this.environment.report().begin(this::progress)) {
			String pending = this.seen.pending().isEmpty() ? "nothing pending"
					: "%d pending: %s".formatted(this.seen.pending().size(), SchemaState.name(this.seen.pending()));
			logger.info("lockkeeper - migrating (schema %s, %s; run %s)".formatted(this.target.getName(), pending,
					this.run.runId()));
			this.environment.progress().does(RunControl.MIGRATING);
			this.target.migrate(this.lease, this.control);
			if (this.lease.isLost()) {
				this.control.stop(StopReason.LEASE_LOST);
				throw new IllegalStateException("The lease was lost during the run");
			}
		}
		catch (SessionLostException ex) {
			this.control.broke(ex);
			throw ex;
		}
		catch (LockNotGrantedException ex) {
			this.control.blocked(ex);
			throw ex;
		}
		catch (Exception ex) {
			this.control.broke(ex);
			throw this.failures.explain(ex, this);
		}
		finally {
			this.environment.progress().does(null);
			oneAtATime.unlock();
		}
		// An engine takes its lock only when it finds something to execute
		if (this.target.hasStaleLock() || this.before.deadHolder() != null) {
			new EngineLock(this.target).release(this.before.deadHolder());
		}
	}

	private ProgressReport.State progress() {
		return new ProgressReport.State(this.target.getName(), countApplied(),
				this.before.applied() + this.seen.pending().size(), getRunning(), this.control.sinceBegun());
	}

	/**
	 * Return whether another attempt may follow the one that lost its connection.
	 */
	boolean mayBeFollowed(SessionLostException loss) {
		return this.control.getStopReason() == null && !this.lease.isLost() && this.lease.isFenced()
				&& loss.isRepeatable();
	}

	/**
	 * Return where the schema is.
	 * @return one sentence, or {@code null} when it is not known
	 */
	@Nullable String whereabouts() {
		// The inspection before everything was dropped is out of date
		if (this.target.dropsFirst() || this.control.getStopReason() == StopReason.LEASE_LOST) {
			return null;
		}
		List<ChangeSetReference> applied = this.control.getApplied();
		ChangeSetReference last = applied.isEmpty() ? null : applied.get(applied.size() - 1);
		SchemaVersion at = (last != null) ? new SchemaVersion(last, null, null, 0) : this.seen.version();
		Set<ChangeSetReference> missing = new HashSet<>(this.seen.pending());
		applied.forEach(missing::remove);
		return SchemaState.whereabouts(at, missing.size());
	}

	SchemaState getSeen() {
		return this.seen;
	}

	Lease getLease() {
		return this.lease;
	}

	RunControl getControl() {
		return this.control;
	}

	/**
	 * Return the change set that runs, or that failed.
	 */
	@Nullable ChangeSetReference getRunning() {
		return this.control.getRunning();
	}

	/**
	 * Return what was in the way of the change set with which this attempt begins.
	 * @return a sentence; {@code null} when nothing was, or the change set is applied
	 */
	@Nullable String getObstacle() {
		return this.control.getApplied().isEmpty() ? this.before.obstacle() : null;
	}

	/**
	 * Return how many change sets the run has applied, those of earlier attempts
	 * included.
	 */
	int countApplied() {
		return this.before.applied() + this.control.countApplied();
	}

	/**
	 * Return how long the run has waited for the engine's own lock, in earlier attempts
	 * too.
	 */
	Duration getEngineLockWait() {
		return this.before.engineLockWait().plus(this.control.getLockWait());
	}

	/**
	 * What the attempts before have done.
	 *
	 * @param applied how many change sets they applied
	 * @param engineLockWait how long they waited for the engine's own lock
	 * @param deadHolder the holder of the lease under which the last one lost its
	 * connection; {@code null} when there was none
	 * @param obstacle what was in the way of the last one, in a sentence; {@code null}
	 * when nothing was
	 */
	private record Before(int applied, Duration engineLockWait, @Nullable String deadHolder,
			@Nullable String obstacle) {

		private static final Before NOTHING = new Before(0, Duration.ZERO, null, null);

	}

}
