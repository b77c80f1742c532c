// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

import dev.lockkeeper.exit.Durations;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.exit.TerminatedException;
import dev.lockkeeper.exit.Verdict;
import dev.lockkeeper.lock.Lease;
import dev.lockkeeper.lock.LockObstructedException;
import dev.lockkeeper.lock.MigrationLock;
import dev.lockkeeper.lock.MigrationLocks;
import dev.lockkeeper.logging.LogContext;
import dev.lockkeeper.migration.RunControl.StopReason;
import dev.lockkeeper.progress.Progress;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.LockHolder;
import dev.lockkeeper.schema.LookConnection;
import dev.lockkeeper.schema.SchemaLook;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaUnreadableException;
import dev.lockkeeper.waiting.Polling;
import dev.lockkeeper.waiting.TimeBudget;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Brings a schema to where the code expects it: looks, waits for the lock, looks again,
 * migrates, verifies. Whoever finds nothing to do takes no lock. Runs of one JVM happen
 * one after another.
 *
 * @since 0.1.0
 */
public final class Migrator {

	private static final Log logger = LogFactory.getLog(Migrator.class);

	/**
	 * The log leaves out a shorter wait for the lock.
	 */
	private static final Duration UNNOTICED = Duration.ofMillis(500);

	/**
	 * Two updates at once in one JVM leave Liquibase's own lock stuck.
	 */
	private static final ReentrantLock oneAtATime = new ReentrantLock();

	private final MigratorSettings settings;

	private final MigrationLocks locks;

	private final Polling polling;

	private final Progress progress;

	private final MigrationListener listener;

	private final ProgressReport report;

	private final TimeBudget budget;

	private final Map<String, Run> running = new ConcurrentHashMap<>();

	/**
	 * Create a migrator.
	 * @param settings how long it waits
	 * @param locks where it gets its locks from
	 * @param polling how it waits
	 * @param progress is told how the runs get on
	 * @param listeners are told how the runs go
	 * @param report shows how far the runs are
	 */
	public Migrator(MigratorSettings settings, MigrationLocks locks, Polling polling, Progress progress,
			MigrationListeners listeners, ProgressReport report) {
		this.settings = settings;
		this.locks = locks;
		this.polling = polling;
		this.progress = progress;
		this.listener = listeners;
		this.report = report;
		this.budget = new TimeBudget(settings.maxDuration());
	}

	/**
	 * Look at one schema and its runs. Waits for the database as a run does, and changes
	 * nothing.
	 * @param target the schema
	 * @return what was found
	 * @throws SchemaUnreadableException when the database did not answer in time, or
	 * refused
	 */
	public SchemaLook look(MigrationTarget target) {
		try (LookConnection connection = new LookConnection()) {
			return new Run(target).awaitDatabase(() -> target.look(connection));
		}
	}

	/**
	 * Migrate one schema. Blocks until it is migrated, by this process or by another one.
	 * @param target the schema
	 * @return how it went
	 * @throws MigrationFailedException when it did not succeed, or the process was asked
	 * to end
	 * @throws SharedSessionsException when there is nothing to do, and the database
	 * cannot be migrated through the connections that there are; only if the settings
	 * want it, or something else than the database has answered
	 * @throws SchemaUnreadableException when the database did not answer in time, or
	 * refused, before it was known what is to do
	 */
	public MigrationOutcome migrate(MigrationTarget target) {
		Run run = new Run(target);
		try (LogContext runId = LogContext.with(LogContext.RUN_ID, run.runId);
				LogContext changeSet = LogContext.with(LogContext.CHANGE_SET, null)) {
			this.running.put(target.getName(), run);
			return migrateAndTell(target, run);
		}
		finally {
			this.running.remove(target.getName());
		}
	}

	/**
	 * Say what is known of a run that does not stop although the process was asked to
	 * end. May be called on any thread.
	 * @param schema the name of the schema
	 * @return what the process ends with
	 */
	public LockkeeperException endInTheMiddle(String schema) {
		Run run = this.running.get(schema);
		ChangeSetReference changeSet = (run != null) ? run.control.getRunning() : null;
		TerminatedException ended = new TerminatedException(schema,
				"The process was asked to end, and ended in the middle%s."
					.formatted((changeSet != null) ? " of change set " + changeSet : ""));
		return (run != null) ? run.tell(ended) : ended;
	}

	private MigrationOutcome migrateAndTell(MigrationTarget target, Run run) {
		this.listener.runStarted(run.reference);
		try {
			MigrationOutcome outcome = migrate(target, run);
			this.listener.runEnded(run.reference, outcome);
			return outcome;
		}
		catch (LockkeeperException ex) {
			LockkeeperException failure = run.tell(ex);
			this.listener.runFailed(run.reference, failure);
			throw failure;
		}
		catch (RuntimeException | Error ex) {
			this.listener.runFailed(run.reference, ex);
			throw ex;
		}
	}

	private MigrationOutcome migrate(MigrationTarget target, Run run) {
		SchemaState state = run.awaitDatabase(run::look);
		if (!target.needsRun(state)) {
			if (this.settings.provesSessions() || target.isRelayed()) {
				run.awaitSessionsIfTold();
			}
			run.releaseLeftLock();
			logger.info("lockkeeper - nothing to do (schema %s, %s, %d applied)".formatted(target.getName(),
					state.status(), state.applied()));
			return run.outcome(state);
		}
		return run.lockAndMigrate(state);
	}

	/**
	 * One run.
	 */
	private final class Run {

		private final MigrationTarget target;

		private final String runId = UUID.randomUUID().toString();

		private final RunReference reference;

		private final EngineLock engineLock;

		private volatile RunControl control;

		private @Nullable SchemaState before;

		private volatile int appliedBefore;

		private volatile boolean needed;

		private volatile Supplier<@Nullable String> whereabouts = () -> null;

		/**
		 * The holder of the lease under which an attempt has lost its connection.
		 */
		private @Nullable String died;

		private final Set<String> holders = new HashSet<>();

		private final long started = System.nanoTime();

		private volatile @Nullable LockAcquisition acquisition;

		/**
		 * How long the run waited for the engine's own lock before it last lost its
		 * connection.
		 */
		private volatile Duration engineWaitBefore = Duration.ZERO;

		private @Nullable Attempt held;

		Run(MigrationTarget target) {
			this.target = target;
			this.engineLock = new EngineLock(target);
			this.reference = new RunReference(target.getName(), this.runId);
			this.control = newControl();
		}

		private RunControl newControl() {
			return new RunControl(this.reference, Migrator.this.progress, Migrator.this.listener);
		}

		<T> T awaitDatabase(Supplier<T> look) {
			AtomicReference<@Nullable SchemaUnreadableException> last = new AtomicReference<>();
			Duration limit = Migrator.this.budget.atMost(Migrator.this.settings.databaseWait());
			return Migrator.this.polling.awaitAnswer("waiting for the database", limit, () -> {
				try {
					return Optional.of(look.get());
				}
				catch (SchemaUnreadableException ex) {
					if (!ex.isPassing()) {
						throw ex;
					}
					Unanswered.tell(logger, "waiting for the database", limit, last.getAndSet(ex), ex);
					return Optional.empty();
				}
			}, () -> {
				SchemaUnreadableException ex = last.get();
				return (ex != null) ? ex : SchemaUnreadableException.ofSilence(this.target.getName());
			});
		}

		SchemaState look() {
			Instant begun = Instant.now();
			try {
				SchemaState state = this.target.inspect();
				Migrator.this.progress.found(this.target.getName(), SchemaLook.of(state));
				return state;
			}
			catch (SchemaUnreadableException ex) {
				Migrator.this.progress.failed(this.target.getName(), begun, ex.getReason());
				// A pooler may be why: one that shares backends even within transactions.
				// A login that is refused is not tried twice: an account may be locked
				if (ex.isPassing() && ex.getStatus() != ExitStatus.PERMISSION) {
					requireSessionsIfTold();
				}
				throw ex;
			}
		}

		// The database has answered: what it does not tell now is no failure
		void awaitSessionsIfTold() {
			try {
				Migrator.this.polling.awaitAnswer("asking whether connections share sessions",
						Migrator.this.budget.atMost(Migrator.this.settings.databaseWait()), () -> {
							requireSessionsIfTold();
							return Optional.of(true);
						}, () -> SchemaUnreadableException.ofSilence(this.target.getName()));
			}
			catch (SchemaUnreadableException ex) {
				sessionsNotTold(ex);
			}
		}

		// Who does not run need not have as many connections as a run
		private void requireSessionsIfTold() {
			try {
				this.target.requireSessions();
			}
			catch (SharedSessionsException ex) {
				throw ex;
			}
			catch (RuntimeException ex) {
				sessionsNotTold(ex);
			}
		}

		private void sessionsNotTold(RuntimeException failure) {
			logger.debug("lockkeeper - not known whether connections share sessions (schema %s)"
				.formatted(this.target.getName()), failure);
		}

		MigrationOutcome lockAndMigrate(SchemaState pending) {
			this.needed = true;
			this.whereabouts = pending::whereabouts;
			LockAcquisition acquisition = new LockAcquisition(this.target, lock(), this::tellOf,
					Migrator.this.progress);
			this.whereabouts = acquisition::whereabouts;
			this.acquisition = acquisition;
			Attempt attempt = awaitLockAndTell(acquisition, pending);
			if (attempt.lease() == null) {
				releaseLeftLock();
				return migratedByAnother(attempt);
			}
			return migrateUntilDone(acquisition, attempt);
		}

		private MigrationOutcome migratedByAnother(Attempt attempt) {
			logger.info("lockkeeper - another process has migrated (schema %s, %s, %d applied, waited %d ms)".formatted(
					this.target.getName(), attempt.state().status(), attempt.state().applied(),
					waitedForLocks().toMillis()));
			return outcome(attempt.state());
		}

		private MigrationLock lock() {
			return this.target.isEmbedded() ? MigrationLock.local()
					: Migrator.this.locks.at(this.target.getLockAddress());
		}

		// The lock is still held then, if it was not lost
		private MigrationOutcome recordEnd(Supplier<MigrationOutcome> run, Runnable release) {
			try {
				MigrationOutcome outcome = run.get();
				this.target.runEnds(RunResult.of(outcome, waitedForLocks()));
				return outcome;
			}
			catch (RuntimeException | Error ex) {
				this.target.runEnds(RunResult.of(ex, getApplied(), this.control.getRunning(), waitedForLocks()));
				if (!afterWait().isEmpty()) {
					logger.info("lockkeeper - the run failed after %d ms,%s (schema %s)".formatted(elapsed().toMillis(),
							afterWait(), this.target.getName()));
				}
				throw ex;
			}
			finally {
				release.run();
			}
		}

		private MigrationOutcome migrateUntilDone(LockAcquisition acquisition, Attempt first) {
			this.held = first;
			return recordEnd(() -> migrateAgainAndAgain(acquisition, first), this::release);
		}

		// A session that may still be at work is ended first, with the lease
		private void release() {
			Attempt last = this.held;
			if (last != null) {
				last.close();
			}
			this.engineLock.releaseAtEnd();
		}

		private MigrationOutcome migrateAgainAndAgain(LockAcquisition acquisition, Attempt first) {
			Attempt attempt = first;
			Retries retries = new Retries(Migrator.this.settings.attempts(), Migrator.this.settings.reconnectWait(),
					first.state().pending().size());
			Lease recorded = null;
			for (Lease lease = first.lease(); lease != null; lease = attempt.lease()) {
				if (lease != recorded) {
					this.target.runBegins(this.runId, attempt.state(), lease.getHolder(), waitedForLocks());
					recorded = lease;
				}
				if (!this.target.needsRun(attempt.state())) {
					return verify();
				}
				try {
					migrate(attempt.state(), lease);
					return verify();
				}
				catch (SessionLostException ex) {
					attempt = reconnect(acquisition, attempt, lease, retries, ex);
					this.held = attempt;
				}
			}
			return migratedByAnother(attempt);
		}

		/**
		 * Go on after the connection of a run was lost: as soon as the database can be
		 * written, nothing is left of the session, and the lease is held, or had again.
		 */
		private Attempt reconnect(LockAcquisition acquisition, Attempt lost, Lease lease, Retries retries,
				SessionLostException loss) {
			if (this.control.getStopReason() != null || lease.isLost() || !loss.isRepeatable() || !retries.areLeft()) {
				throw failure(loss);
			}
			logger.info("lockkeeper - connection lost (schema %s, %s: %s); goes on within %s, or ends".formatted(
					this.target.getName(), retries, failure(loss).getMessage(), Durations.inWords(retries.left())));
			AtomicReference<@Nullable Exception> last = new AtomicReference<>();
			Attempt attempt = Migrator.this.polling.await("waiting to go on after its connection was lost",
					Migrator.this.budget.atMost(retries.left()), () -> goOn(acquisition, lease, last),
					() -> gaveUp(acquisition, failure(loss), last.get()));
			this.died = lease.getHolder();
			retries.beginAgain(attempt.state().pending().size());
			Migrator.this.listener.runResumed(this.reference);
			countLost(lost, attempt);
			return attempt;
		}

		private Optional<Attempt> goOn(LockAcquisition acquisition, Lease lease,
				AtomicReference<@Nullable Exception> last) {
			this.whereabouts = () -> null;
			try {
				lease.endSession();
				acquisition.cleared();
				boolean held = !lease.isLost();
				if (!held) {
					lease.close();
				}
				SchemaState state = this.target.inspect();
				this.whereabouts = held ? state::whereabouts : acquisition::whereabouts;
				if (!this.target.needsRun(state)) {
					this.target.releaseLeftLock(lease.getHolder());
				}
				return held ? Optional.of(new Attempt(state, lease)) : acquisition.attempt(state);
			}
			catch (LockObstructedException ex) {
				acquisition.obstructed(ex);
			}
			catch (Exception ex) {
				if (!(ex instanceof SchemaUnreadableException) && this.target.diagnose(ex) == null) {
					throw (ex instanceof RuntimeException unforeseen) ? unforeseen : new IllegalStateException(ex);
				}
				acquisition.cleared();
				last.set(ex);
			}
			return Optional.empty();
		}

		private RuntimeException gaveUp(LockAcquisition acquisition, RuntimeException failure,
				@Nullable Exception last) {
			LockObstructedException obstructed = acquisition.getObstruction();
			if (obstructed != null) {
				return obstructed;
			}
			logger.warn("lockkeeper - the run cannot go on (schema %s: %s); start it again".formatted(
					this.target.getName(),
					(last != null) ? RunFailure.describe(last, this.target) : "another process holds the lock"));
			return failure;
		}

		// The commit of the one that was running may be, although its answer was lost
		private void countLost(Attempt lost, Attempt next) {
			ChangeSetReference running = this.control.getRunning();
			boolean committed = next.lease() == lost.lease() && running != null
					&& lost.state().pending().contains(running) && !next.state().pending().contains(running);
			this.appliedBefore = getApplied() + (committed ? 1 : 0);
			this.engineWaitBefore = this.engineWaitBefore.plus(this.control.getLockWait());
			this.control = newControl();
			LogContext.put(LogContext.CHANGE_SET, null);
		}

		/**
		 * Release the engine's own lock, if a run has left it that died when nothing was
		 * to do any more. Whoever holds the lock of the schema releases it by himself,
		 * and who may only read starts all the same.
		 */
		void releaseLeftLock() {
			if (!this.target.isLockLeft()) {
				return;
			}
			try {
				this.target.requireSessions();
				try (Lease lease = lock().tryAcquire().orElse(null)) {
					if (lease != null) {
						tellOf(lease);
						this.engineLock.release(null);
					}
				}
			}
			catch (RuntimeException ex) {
				this.engineLock.notReleased(RunFailure.describe(ex, this.target));
			}
		}

		private Attempt awaitLockAndTell(LockAcquisition acquisition, SchemaState pending) {
			Migrator.this.listener.lockWaitStarted(this.reference);
			try {
				Duration limit = Migrator.this.budget.atMost(Migrator.this.settings.lockWait());
				Attempt attempt = acquisition.await(Migrator.this.polling, limit, pending,
						(last) -> lockBusy(last, limit));
				Migrator.this.listener.lockWaitEnded(this.reference, attempt.lease() != null);
				return attempt;
			}
			catch (RuntimeException | Error ex) {
				Migrator.this.listener.lockWaitFailed(this.reference, ex);
				throw ex;
			}
		}

		private RuntimeException lockBusy(SchemaLook last, Duration waited) {
			String message = "Waited %s for the lock of schema %s, which is held%s."
				.formatted(Durations.inWords(waited), this.target.getName(), LockAcquisition.heldBy(last));
			LockHolder holder = last.state().lock();
			String action = ((holder != null && holder.until() == null)
					? "Let that Liquibase, which is not governed, finish; when it is dead, release its lock, or let "
							+ "lockkeeper.lock.break-foreign-after break it. "
					: "Let that run finish, or end that process: its lease then expires by itself. ")
					+ "Then start this one again.";
			return MigrationFailedException.of(verdict(ExitStatus.TEMPORARY, null, message, action), message,
					last.state().whereabouts(), null);
		}

		// Its own lease, which it had lost, was left by no crash
		private void tellOf(Lease lease) {
			String predecessor = lease.getPredecessor();
			this.holders.add(lease.getHolder());
			if (predecessor != null && !this.holders.contains(predecessor)) {
				Migrator.this.listener.lockTakenOver(this.reference);
			}
			lease.onLost(() -> Migrator.this.listener.leaseLost(this.reference));
		}

		private void migrate(SchemaState before, Lease lease) throws SessionLostException {
			RunControl current = this.control;
			this.before = before;
			this.whereabouts = () -> RunFailure.whereabouts(this.target, before, current);
			lease.carryInLog(() -> LogContext.put(LogContext.CHANGE_SET, current.getRunning()));
			lease.onLost(() -> {
				current.stop(StopReason.LEASE_LOST);
				current.cancel();
			});
			oneAtATime.lock();
			try (RunGuard guard = new RunGuard(current, Migrator.this.settings.shutdownGrace(),
					Migrator.this.budget.left());
					ProgressReport.Showing showing = Migrator.this.report.begin(() -> progress(before, current))) {
				logger
					.info("lockkeeper - migrating (schema %s, %d pending: %s; run %s)".formatted(this.target.getName(),
							before.pending().size(), SchemaState.name(before.pending()), this.runId));
				Migrator.this.progress.does(RunControl.MIGRATING);
				this.target.migrate(lease, current);
				if (lease.isLost()) {
					current.stop(StopReason.LEASE_LOST);
					throw new IllegalStateException("The lease was lost during the run");
				}
			}
			catch (SessionLostException ex) {
				current.broke(ex);
				throw ex;
			}
			catch (Exception ex) {
				current.broke(ex);
				throw failure(ex);
			}
			finally {
				Migrator.this.progress.does(null);
				oneAtATime.unlock();
			}
			// Liquibase takes its lock only when it finds something to execute
			if (this.target.isLockLeft() || this.died != null) {
				this.engineLock.release(this.died);
			}
		}

		private ProgressReport.State progress(SchemaState before, RunControl current) {
			return new ProgressReport.State(this.target.getName(), getApplied(),
					this.appliedBefore + before.pending().size(), current.getRunning(), current.sinceBegun());
		}

		private MigrationOutcome verify() {
			SchemaState after = awaitDatabase(this.target::inspect);
			Migrator.this.progress.found(this.target.getName(), SchemaLook.of(after));
			if (after.status().isServed()) {
				logger.info("lockkeeper - migrated (schema %s, %s, %s applied in %d ms%s%s)".formatted(
						this.target.getName(), after.status(), SchemaState.count(getApplied()), elapsed().toMillis(),
						afterWait(), after.version(", now at ")));
			}
			else {
				logger
					.warn(("lockkeeper - the run ended, and change sets are left (schema %s, %s: %s; %d applied in %d "
							+ "ms%s%s); see why the changelog skips them")
						.formatted(this.target.getName(), after.status(),
								SchemaState.name(after.pending().isEmpty() ? after.changed() : after.pending()),
								getApplied(), elapsed().toMillis(), afterWait(), after.version(", now at ")));
			}
			return outcome(after);
		}

		/**
		 * Tell of a wait or a look that has failed what it knows nothing of: the run.
		 */
		LockkeeperException tell(LockkeeperException failure) {
			boolean told = failure instanceof MigrationFailedException;
			if (told || !(this.needed || failure instanceof TerminatedException)) {
				return failure;
			}
			String message = String.valueOf(failure.getMessage());
			String reason = (failure instanceof SchemaUnreadableException unread) ? unread.getReason() : message;
			return MigrationFailedException.of(
					verdict(failure.getStatus(), failure.toVerdict().sqlState(), reason, failure.getAction()), message,
					this.whereabouts.get(), failure);
		}

		private Verdict verdict(ExitStatus status, @Nullable String sqlState, String message, String action) {
			return new Verdict(status, this.target.getName(), RunFailure.name(this.control.getRunning()), sqlState,
					message, action, getApplied(), elapsed().toMillis(), this.runId);
		}

		private RuntimeException failure(Exception failure) {
			return RunFailure.of(failure, this.target, this.before, this.control, getApplied(), elapsed(), this.runId);
		}

		private Duration waitedForLocks() {
			LockAcquisition lock = this.acquisition;
			Duration own = (lock != null) ? lock.getWaited() : Duration.ZERO;
			return own.plus(this.engineWaitBefore).plus(this.control.getLockWait());
		}

		private int getApplied() {
			return this.appliedBefore + this.control.countApplied();
		}

		/**
		 * Return how long the run has lasted, without its waits for locks.
		 */
		private Duration elapsed() {
			Duration whole = Duration.ofNanos(System.nanoTime() - this.started);
			Duration own = whole.minus(waitedForLocks());
			return own.isNegative() ? Duration.ZERO : own;
		}

		private String afterWait() {
			Duration waited = waitedForLocks();
			return (waited.compareTo(UNNOTICED) >= 0) ? " after waiting %d ms for the lock".formatted(waited.toMillis())
					: "";
		}

		MigrationOutcome outcome(SchemaState state) {
			if (state.status().isServed()) {
				this.target.rememberLevel();
			}
			ReplacedChangeSets.tellOf(this.target);
			return new MigrationOutcome(this.target.getName(), this.runId, getApplied(), elapsed(), state);
		}

	}

}
