// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.logging.LogContext;
import dev.lockkeeper.progress.Progress;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.RunEnd;
import org.jspecify.annotations.Nullable;

/**
 * Controls one attempt of a run: receives the change sets and the waits of the engine,
 * and holds the reason to stop. Safe for use by several threads.
 *
 * @since 0.1.0
 */
public final class RunControl {

	static final String MIGRATING = "migrating";

	private final AtomicReference<@Nullable StopReason> stop = new AtomicReference<>();

	private final AtomicReference<@Nullable Runnable> canceller = new AtomicReference<>();

	private final AtomicReference<@Nullable ChangeSetReference> running = new AtomicReference<>();

	private final Collection<ChangeSetReference> applied = new ConcurrentLinkedQueue<>();

	private volatile long beganAt;

	private volatile Duration lockWait = Duration.ZERO;

	private volatile long waitsSince;

	private final CountDownLatch stopped = new CountDownLatch(1);

	private final RunReference run;

	private final Progress progress;

	private final MigrationListener listener;

	private final Function<Exception, RunEnd> meaning;

	/**
	 * Create a control without listeners and without a report of the progress.
	 */
	public RunControl() {
		this(new RunReference("", ""), Progress.NONE, MigrationListeners.none(),
				(failure) -> RunEnd.unforeseen(0, null, failure, Duration.ZERO, Instant.now()));
	}

	/**
	 * Create a control.
	 * @param run the run
	 * @param progress receives the progress of the process
	 * @param listener receives the events of the run
	 * @param meaning returns how the run ends because of a failure
	 */
	RunControl(RunReference run, Progress progress, MigrationListener listener, Function<Exception, RunEnd> meaning) {
		this.run = run;
		this.progress = progress;
		this.listener = listener;
		this.meaning = meaning;
	}

	/**
	 * Make the run stop after the change set that is running. The first reason stays.
	 * @param reason why
	 */
	public void stop(StopReason reason) {
		this.stop.compareAndSet(null, reason);
		this.stopped.countDown();
	}

	/**
	 * Pause, unless the run is to stop.
	 * @param pause how long
	 * @return whether the run is to stop
	 * @throws InterruptedException when the calling thread is interrupted
	 */
	public boolean awaitStop(Duration pause) throws InterruptedException {
		return this.stopped.await(pause.toMillis(), TimeUnit.MILLISECONDS);
	}

	/**
	 * Return why the run is to stop.
	 * @return the reason, or {@code null} while it may go on
	 */
	public @Nullable StopReason getStopReason() {
		return this.stop.get();
	}

	/**
	 * End the statement that is running, if there is one.
	 */
	public void cancel() {
		Runnable action = this.canceller.get();
		if (action != null) {
			action.run();
		}
	}

	/**
	 * Set how a running statement is ended.
	 * @param action ends it; {@code null} when nothing runs any more
	 */
	public void cancelWith(@Nullable Runnable action) {
		this.canceller.set(action);
	}

	/**
	 * Report that a change set begins.
	 * @param changeSet the change set
	 */
	public void began(ChangeSetReference changeSet) {
		LogContext.put(LogContext.CHANGE_SET, changeSet);
		this.beganAt = System.nanoTime();
		this.running.set(changeSet);
		this.progress.does("change set " + changeSet);
		this.listener.changeSetStarted(this.run, changeSet);
	}

	/**
	 * Report that the run has to wait for the engine's own lock.
	 * @param activity what the process does meanwhile: "waiting for ..."
	 */
	public void lockWaitBegan(String activity) {
		this.waitsSince = System.nanoTime();
		this.progress.does(activity);
		this.listener.lockWaitStarted(this.run);
	}

	/**
	 * Report that the wait for the engine's own lock is over.
	 * @param failure why the run does not get the lock; {@code null} when it holds it
	 */
	public void lockWaitEnded(@Nullable Exception failure) {
		this.lockWait = this.lockWait.plusNanos(System.nanoTime() - this.waitsSince);
		this.progress.does(MIGRATING);
		if (failure == null) {
			this.listener.lockWaitEnded(this.run, LockWaitOutcome.ACQUIRED);
		}
		else {
			this.listener.lockWaitFailed(this.run, this.meaning.apply(failure));
		}
	}

	/**
	 * Return how long the run has waited for the engine's own lock.
	 */
	Duration getLockWait() {
		return this.lockWait;
	}

	/**
	 * Report that a part of a change set was begun or done, or that a wait goes on.
	 */
	public void moved() {
		this.progress.moves();
	}

	/**
	 * Report that the change set which began has ended.
	 * @param outcome how it ended
	 */
	public void ended(ChangeSetOutcome outcome) {
		ChangeSetReference changeSet = this.running.getAndSet(null);
		this.progress.does(MIGRATING);
		if (changeSet != null) {
			if (outcome.isApplied()) {
				this.applied.add(changeSet);
			}
			this.listener.changeSetEnded(this.run, changeSet, outcome);
		}
		LogContext.put(LogContext.CHANGE_SET, null);
	}

	/**
	 * Report that a change set has ended which began before the one that runs. An engine
	 * may execute several of them in one transaction: each has ended only with that.
	 * @param changeSet the change set
	 * @param outcome how it ended
	 */
	public void ended(ChangeSetReference changeSet, ChangeSetOutcome outcome) {
		if (changeSet.equals(this.running.get())) {
			ended(outcome);
			return;
		}
		if (outcome.isApplied()) {
			this.applied.add(changeSet);
		}
		this.listener.changeSetEnded(this.run, changeSet, outcome);
	}

	/**
	 * Report that the attempt broke off. The change set that was running still counts as
	 * running.
	 */
	void broke(Exception failure) {
		ChangeSetReference changeSet = this.running.get();
		if (changeSet != null) {
			this.listener.changeSetFailed(this.run, changeSet, this.meaning.apply(failure));
		}
	}

	/**
	 * Report that the change set which was running was rolled back, because other
	 * sessions were in its way. It still counts as running.
	 */
	void blocked(LockNotGrantedException failure) {
		ChangeSetReference changeSet = this.running.get();
		if (changeSet != null) {
			this.listener.changeSetBlocked(this.run, changeSet, failure.getBlockers());
		}
	}

	/**
	 * Return whether what {@link #watch} receives may be called.
	 * @return whether it is worth preparing
	 */
	public boolean isWatched() {
		return this.progress.isWatching();
	}

	/**
	 * Set how to find out whether the database executes something for this run.
	 * @param work returns whether it does, on any thread; {@code null} when the run has
	 * no session any more
	 */
	public void watch(@Nullable BooleanSupplier work) {
		this.progress.watch(work);
	}

	/**
	 * Return the change set that runs, or that failed.
	 * @return the change set, or {@code null} between two
	 */
	public @Nullable ChangeSetReference getRunning() {
		return this.running.get();
	}

	/**
	 * Return the change sets that were applied so far, in their order.
	 */
	List<ChangeSetReference> getApplied() {
		return List.copyOf(this.applied);
	}

	/**
	 * Return how long ago the change set began that began last.
	 */
	Duration sinceBegun() {
		return Duration.ofNanos(System.nanoTime() - this.beganAt);
	}

	/**
	 * Return how many change sets were applied so far.
	 * @return the number
	 */
	public int countApplied() {
		return this.applied.size();
	}

	/**
	 * Why a run stops before its end.
	 */
	public enum StopReason {

		/** The process was asked to end. */
		TERMINATED(ExitStatus.TERMINATED, "the process was asked to end"),

		/** Another process may hold the lock. */
		LEASE_LOST(ExitStatus.TEMPORARY, "the lease was lost"),

		/** The time limit of the run is reached. */
		MAX_DURATION(ExitStatus.TEMPORARY, "lockkeeper.max-duration was reached");

		private final ExitStatus status;

		private final String words;

		StopReason(ExitStatus status, String words) {
			this.status = status;
			this.words = words;
		}

		/**
		 * Return how the process ends.
		 * @return the status
		 */
		public ExitStatus getStatus() {
			return this.status;
		}

		@Override
		public String toString() {
			return this.words;
		}

	}

}
