// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.lock.Lease;
import dev.lockkeeper.lock.LockObstructedException;
import dev.lockkeeper.lock.MigrationLock;
import dev.lockkeeper.progress.Progress;
import dev.lockkeeper.schema.LockHolder;
import dev.lockkeeper.schema.SchemaInspection;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaUnreadableException;
import dev.lockkeeper.waiting.Polling;
import dev.lockkeeper.waiting.Reminder;
import dev.lockkeeper.wording.Durations;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Takes the lock of a schema for one run, unless another process migrates meanwhile: the
 * schema is inspected before each try, and again when the lock is held.
 */
final class LockAcquisition {

	private static final Log logger = LogFactory.getLog(LockAcquisition.class);

	private final MigrationTarget target;

	private final MigrationLock lock;

	private final Consumer<Lease> taken;

	private final Progress progress;

	private final AtomicReference<@Nullable LockObstructedException> obstruction = new AtomicReference<>();

	/**
	 * The last inspection; {@code null} when it has failed.
	 */
	private volatile @Nullable SchemaInspection seen;

	private volatile boolean sessions;

	private volatile boolean history;

	private volatile boolean created;

	/**
	 * When the wait for the lock began; {@code null} while there is none.
	 */
	private @Nullable Long waitsSince;

	private Duration waited = Duration.ZERO;

	private Duration limit = Duration.ZERO;

	/**
	 * Create an acquisition.
	 * @param target the schema
	 * @param lock its lock
	 * @param taken receives a lease at once, before anything else is done with it
	 * @param progress receives each inspection
	 */
	LockAcquisition(MigrationTarget target, MigrationLock lock, Consumer<Lease> taken, Progress progress) {
		this.target = target;
		this.lock = lock;
		this.taken = taken;
		this.progress = progress;
	}

	/**
	 * Wait until the lock is taken, or there is nothing to do any more.
	 * @param polling how to wait
	 * @param limit the longest time to wait
	 * @param pending what was found before
	 * @param busy gives the exception to throw when the lock was held to the end
	 */
	LockResult await(Polling polling, Duration limit, SchemaState pending,
			Function<SchemaInspection, ? extends RuntimeException> busy) {
		this.limit = limit;
		AtomicReference<@Nullable SchemaState> fresh = new AtomicReference<>(pending);
		this.seen = SchemaInspection.of(pending);
		AtomicReference<@Nullable SchemaUnreadableException> unreadable = new AtomicReference<>();
		Reminder reminder = new Reminder();
		return polling.await("waiting for the lock", limit, () -> {
			Instant begun = Instant.now();
			try {
				SchemaState known = fresh.getAndSet(null);
				SchemaState state = (known != null) ? known : this.target.inspect();
				Optional<LockResult> attempt = attempt(state, reminder);
				unreadable.set(null);
				countWait(attempt.isEmpty());
				return attempt;
			}
			catch (SchemaUnreadableException ex) {
				if (!ex.isPassing()) {
					throw ex;
				}
				this.seen = null;
				this.progress.failed(this.target.getName(), begun, ex.getReason());
				Unanswered.report(logger, "waiting to take the lock", limit, unreadable.getAndSet(ex), ex);
				countWait(false);
				return Optional.empty();
			}
		}, () -> {
			LockObstructedException obstructed = this.obstruction.get();
			if (obstructed != null) {
				return obstructed;
			}
			SchemaUnreadableException unread = unreadable.get();
			if (unread != null) {
				return unread;
			}
			SchemaInspection last = this.seen;
			return busy.apply((last != null) ? last : SchemaInspection.of(pending));
		});
	}

	private synchronized void countWait(boolean goesOn) {
		Long since = this.waitsSince;
		if (goesOn && since == null) {
			this.waitsSince = System.nanoTime();
		}
		else if (!goesOn && since != null) {
			this.waited = this.waited.plusNanos(System.nanoTime() - since);
			this.waitsSince = null;
		}
	}

	/**
	 * Return how long the run has waited for the lock until now.
	 */
	synchronized Duration getWaited() {
		Long since = this.waitsSince;
		return (since != null) ? this.waited.plusNanos(System.nanoTime() - since) : this.waited;
	}

	/**
	 * Try to take the lock once.
	 * @param state what was found before
	 * @return the lease, or that there is nothing to do; empty when the lock is held
	 */
	Optional<LockResult> attempt(SchemaState state) {
		return attempt(state, null);
	}

	private Optional<LockResult> attempt(SchemaState state, @Nullable Reminder reminder) {
		if (!this.target.needsRun(state)) {
			return Optional.of(new LockResult(state, null));
		}
		SchemaInspection before = this.seen;
		this.seen = SchemaInspection.of(state);
		Optional<Lease> lease = acquire(state);
		lease.ifPresent(this.taken);
		SchemaState now = inspectAgain(lease);
		if (!this.target.needsRun(now)) {
			lease.ifPresent(Lease::close);
			found(SchemaInspection.of(now));
			return Optional.of(new LockResult(now, null));
		}
		if (lease.isPresent()) {
			// The inspection saw the lock that this run holds
			found(SchemaInspection.of(now.confirmed(now.checkedAt())));
			return Optional.of(new LockResult(now, lease.get()));
		}
		boolean due = reminder != null && reminder.isDue();
		SchemaInspection inspection = this.target.watch(now, before, due);
		found(inspection);
		if (due) {
			logger.info("lockkeeper - waiting for the lock (schema %s, %d pending, held%s; up to %s)".formatted(
					this.target.getName(), now.pending().size(), heldBy(inspection), Durations.inWords(this.limit)));
		}
		return Optional.empty();
	}

	private void found(SchemaInspection inspection) {
		this.seen = inspection;
		this.progress.found(this.target.getName(), inspection);
	}

	// The inspection before the lock was taken may be out of date by now
	private SchemaState inspectAgain(Optional<Lease> lease) {
		try {
			return this.target.inspect();
		}
		catch (RuntimeException ex) {
			lease.ifPresent(Lease::close);
			throw ex;
		}
	}

	private Optional<Lease> acquire(SchemaState state) {
		if (!hasSessions(state)) {
			return Optional.empty();
		}
		if (!this.history) {
			this.created = this.target.createHistory();
			this.history = true;
		}
		try {
			Optional<Lease> lease = this.lock.tryAcquire();
			cleared();
			return lease;
		}
		catch (LockObstructedException ex) {
			obstructed(ex);
			return Optional.empty();
		}
		catch (LockkeeperException ex) {
			throw ex;
		}
		catch (RuntimeException ex) {
			Diagnosis diagnosis = this.target.diagnose(ex);
			if (diagnosis == null) {
				throw ex;
			}
			if (diagnosis.status() == ExitStatus.MIGRATION) {
				throw ofLock(diagnosis, ex);
			}
			throw new SchemaUnreadableException(this.target.getName(), diagnosis.status(), diagnosis.sqlState(),
					diagnosis.passing(), diagnosis.message(), diagnosis.reason(), diagnosis.action(), ex);
		}
	}

	// No change set has run yet
	private SchemaUnreadableException ofLock(Diagnosis diagnosis, RuntimeException failure) {
		String subject = "The lock of schema %s could not be taken in table %s: ".formatted(this.target.getName(),
				this.target.getLockAddress().table());
		return new SchemaUnreadableException(this.target.getName(), ExitStatus.CONFIG, diagnosis.sqlState(), false,
				subject + diagnosis.message(), subject + diagnosis.reason(),
				"See that it is the table that Lockkeeper creates, without triggers and constraints of others.",
				failure);
	}

	// A process that only waits may lack the extra connections of a run
	private boolean hasSessions(SchemaState state) {
		try {
			if (!this.sessions) {
				this.target.requireSessions();
				this.sessions = true;
			}
			return true;
		}
		catch (SchemaUnreadableException ex) {
			LockHolder holder = state.lock();
			if (ex.isPassing() && holder != null && !holder.ofEngine()) {
				logger.debug("lockkeeper - waiting without knowing yet whether connections share sessions", ex);
				return false;
			}
			throw ex;
		}
	}

	/**
	 * Return whether this process has created the history, which may have been all that
	 * there was to do.
	 */
	boolean hasCreatedHistory() {
		return this.created;
	}

	/**
	 * Note, and log, that the lock cannot be taken now, although no holder is known.
	 */
	void obstructed(LockObstructedException failure) {
		if (this.obstruction.getAndSet(failure) == null) {
			logger.warn("lockkeeper - waiting until the lock can be taken (%s %s)".formatted(failure.getMessage(),
					failure.getAction()));
		}
	}

	/**
	 * Note that nothing obstructs the lock.
	 */
	void cleared() {
		this.obstruction.set(null);
	}

	/**
	 * Return what obstructs the lock.
	 * @return the last obstruction, or {@code null} when there is none
	 */
	@Nullable LockObstructedException getObstruction() {
		return this.obstruction.get();
	}

	/**
	 * Return where the schema is, and which process holds the lock.
	 * @return what the last inspection has found, or {@code null} when it has failed
	 */
	@Nullable String whereabouts() {
		SchemaInspection inspection = this.seen;
		if (inspection == null) {
			return null;
		}
		String holder = inspection.holder();
		String where = inspection.state().whereabouts();
		return (holder != null) ? "%s The lock is held by %s.".formatted(where, holder) : where;
	}

	/**
	 * Return the holder of the lock, as the end of a clause.
	 */
	static String heldBy(SchemaInspection inspection) {
		String holder = inspection.holder();
		return (holder != null) ? " by " + holder : "";
	}

}
