// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

import dev.lockkeeper.exit.CommandAdvice;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.exit.TerminatedException;
import dev.lockkeeper.lock.Lease;
import dev.lockkeeper.lock.MigrationLock;
import dev.lockkeeper.logging.LogContext;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.LockHolder;
import dev.lockkeeper.schema.RunEnd;
import dev.lockkeeper.schema.SchemaInspection;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaVersion;
import dev.lockkeeper.wording.Durations;
import dev.lockkeeper.wording.Sentences;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * One run: one attempt after another to bring one schema to where the code expects it.
 * The methods stand in the order in which a run goes through them.
 */
final class Run {

	private static final Log logger = LogFactory.getLog(Run.class);

	private final RunEnvironment environment;

	private final MigrationTarget target;

	private final RunReference reference;

	private final RunState state = new RunState();

	private final RunFailures failures;

	private final RunInspection inspection;

	private final EngineLock engineLock;

	/**
	 * The names under which this run has held the lock.
	 */
	private final Set<String> holders = new HashSet<>();

	Run(RunEnvironment environment, MigrationTarget target) {
		this.environment = environment;
		this.target = target;
		this.reference = new RunReference(target.getName(), UUID.randomUUID().toString());
		this.failures = new RunFailures(target, this.reference, this.state);
		this.inspection = new RunInspection(environment, target);
		this.engineLock = new EngineLock(target);
	}

	String getRunId() {
		return this.reference.runId();
	}

	/**
	 * Run, from the first inspection to the last event.
	 */
	MigrationOutcome execute() {
		MigrationListener listener = this.environment.listener();
		listener.runStarted(this.reference);
		try {
			MigrationOutcome outcome = inspect();
			if (outcome.end().isSuccess()) {
				listener.runEnded(this.reference, outcome.end());
			}
			else {
				listener.runFailed(this.reference, outcome.end());
			}
			return outcome;
		}
		catch (LockkeeperException ex) {
			LockkeeperException failure = this.failures.complete(ex);
			listener.runFailed(this.reference, this.failures.endOf(failure));
			throw failure;
		}
		catch (RuntimeException | Error ex) {
			listener.runFailed(this.reference, this.failures.endOf(ex));
			throw ex;
		}
	}

	private MigrationOutcome inspect() {
		SchemaState seen = this.inspection.begin();
		return this.target.needsRun(seen) ? waitForLock(seen) : nothingToDo(seen);
	}

	private MigrationOutcome nothingToDo(SchemaState seen) {
		this.inspection.requireSessions();
		releaseStaleLock();
		logger.info("lockkeeper - nothing to do (schema %s, %s, %d applied)".formatted(this.target.getName(),
				seen.status(), seen.applied()));
		return outcome(seen);
	}

	private MigrationOutcome waitForLock(SchemaState pending) {
		this.state.enter(new RunStage.Pending(pending));
		LockAcquisition acquisition = new LockAcquisition(this.target, lock(), this::taken,
				this.environment.progress());
		this.state.enter(new RunStage.WaitingForLock(acquisition));
		LockResult result = awaitLock(acquisition, pending);
		Lease lease = result.lease();
		if (lease == null) {
			releaseStaleLock();
			return acquisition.hasCreatedHistory() ? nothingToDo(result.state()) : migratedByAnother(result.state());
		}
		return migrateUnderLock(acquisition,
				Attempt.first(this.environment, this.target, this.reference, this.failures, result.state(), lease));
	}

	private LockResult awaitLock(LockAcquisition acquisition, SchemaState pending) {
		MigrationListener listener = this.environment.listener();
		listener.lockWaitStarted(this.reference);
		try {
			Duration limit = this.environment.budget().atMost(this.environment.settings().lockWait());
			LockResult result = acquisition.await(this.environment.polling(), limit, pending,
					(last) -> lockBusy(last, limit));
			listener.lockWaitEnded(this.reference,
					(result.lease() != null) ? LockWaitOutcome.ACQUIRED : LockWaitOutcome.MIGRATED_BY_ANOTHER);
			return result;
		}
		catch (LockkeeperException ex) {
			LockkeeperException failure = this.failures.complete(ex);
			listener.lockWaitFailed(this.reference, this.failures.endOf(failure));
			throw failure;
		}
		catch (RuntimeException | Error ex) {
			listener.lockWaitFailed(this.reference, this.failures.endOf(ex));
			throw ex;
		}
	}

	private RuntimeException lockBusy(SchemaInspection last, Duration waited) {
		LockHolder holder = last.state().lock();
		String action = ((holder != null && holder.ofEngine())
				? "Let that %s, which is not governed, finish. If it is dead, release its lock: %s; or let lockkeeper.lock.break-foreign-after break such locks. "
					.formatted(this.target.getWords().engine(), CommandAdvice.releaseLock(holder.holder()))
				: "Let that run finish, or end that process: its lease then expires by itself. ")
				+ "Then start this one again.";
		return this.failures.gaveUp("Waited %s for the lock of schema %s, which is held%s."
			.formatted(Durations.inWords(waited), this.target.getName(), LockAcquisition.heldBy(last)), action,
				last.state().whereabouts());
	}

	private MigrationOutcome migratedByAnother(SchemaState seen) {
		logger.info("lockkeeper - another process has migrated (schema %s, %s, %d applied, waited %d ms)"
			.formatted(this.target.getName(), seen.status(), seen.applied(), this.state.getLockWait().toMillis()));
		return outcome(seen);
	}

	private MigrationOutcome migrateUnderLock(LockAcquisition acquisition, Attempt first) {
		this.state.enter(new RunStage.Migrating(acquisition, first));
		try {
			MigrationOutcome outcome = migrate(acquisition, first);
			this.target.runEnds(outcome.end(), this.state.getLockWait());
			return outcome;
		}
		catch (LockkeeperException ex) {
			LockkeeperException failure = this.failures.complete(ex);
			recordFailure(this.failures.endOf(failure));
			throw failure;
		}
		catch (RuntimeException | Error ex) {
			recordFailure(this.failures.endOf(ex));
			throw ex;
		}
		finally {
			release();
		}
	}

	private MigrationOutcome migrate(LockAcquisition acquisition, Attempt first) {
		Reconnection reconnection = new Reconnection(this.environment, this.target, this.failures, this.state,
				acquisition, first.getSeen().pending().size());
		LockRetry lockRetry = new LockRetry(this.environment, this.target, this.failures);
		Lease recorded = null;
		Attempt attempt = first;
		while (true) {
			Lease lease = attempt.getLease();
			if (lease != recorded) {
				warnUnlessFenced(lease);
				this.target.runBegins(this.reference.runId(), attempt.getSeen(), lease, this.state.getLockWait());
				recorded = lease;
			}
			if (!this.target.needsRun(attempt.getSeen())) {
				return verify();
			}
			try {
				attempt.migrate();
				return verify();
			}
			catch (LockNotGrantedException ex) {
				attempt = lockRetry.await(attempt, ex);
				this.state.enter(new RunStage.Migrating(acquisition, attempt));
			}
			catch (SessionLostException ex) {
				LockResult result = reconnection.await(attempt, ex);
				this.environment.listener().runResumed(this.reference);
				LogContext.put(LogContext.CHANGE_SET, null);
				Lease next = result.lease();
				if (next == null) {
					return migratedByAnother(result.state());
				}
				attempt = attempt.next(result.state(), next);
				this.state.enter(new RunStage.Migrating(acquisition, attempt));
			}
		}
	}

	private MigrationOutcome verify() {
		SchemaState after = this.inspection.verify();
		int applied = this.state.countApplied();
		if (after.status().isServed()) {
			logger.info("lockkeeper - migrated (schema %s, %s, %s applied in %d ms%s%s)".formatted(
					this.target.getName(), after.status(), SchemaState.count(applied), this.state.elapsed().toMillis(),
					this.state.afterWait(), after.version(", now at ")));
		}
		else {
			logger.warn(("lockkeeper - the run ended, and change sets remain (schema %s, %s: %s; %d applied in %d "
					+ "ms%s%s); %s")
				.formatted(this.target.getName(), after.status(), SchemaState.name(missing(after)), applied,
						this.state.elapsed().toMillis(), this.state.afterWait(), after.version(", now at "),
						Sentences.afterSemicolon(this.target.getWords().remainAdvice())));
		}
		return outcome(after);
	}

	// The lock is still held then, unless it was lost
	private void recordFailure(RunEnd end) {
		this.target.runEnds(end, this.state.getLockWait());
		if (!this.state.afterWait().isEmpty()) {
			logger.info("lockkeeper - the run failed after %d ms,%s (schema %s)"
				.formatted(this.state.elapsed().toMillis(), this.state.afterWait(), this.target.getName()));
		}
	}

	// Closing the lease first ends a session that may still be at work
	private void release() {
		Attempt last = this.state.getStage().attempt();
		if (last != null) {
			last.getLease().close();
		}
		this.engineLock.releaseAtEnd();
	}

	private MigrationOutcome outcome(SchemaState after) {
		if (after.status().isServed()) {
			this.target.rememberLevel();
			this.target.verifyRoles();
		}
		ReplacedChangeSets.report(this.target);
		return new MigrationOutcome(this.reference, end(after), after);
	}

	private RunEnd end(SchemaState after) {
		int applied = this.state.countApplied();
		SchemaVersion last = after.version();
		String version = (last != null) ? last.changeSet().toString() : null;
		if (after.status().isServed()) {
			return RunEnd.done(applied, version, this.state.elapsed(), Instant.now());
		}
		String message = "The run ended without a failure, and the schema is %s: %s.".formatted(after.status(),
				SchemaState.name(missing(after)));
		return new RunEnd(ExitStatus.MIGRATION.name(), ExitStatus.MIGRATION.getCode(), applied, version, null, null,
				message, this.target.getWords().remainAdvice(), this.state.elapsed(), Instant.now());
	}

	private static List<ChangeSetReference> missing(SchemaState after) {
		return after.pending().isEmpty() ? after.changed() : after.pending();
	}

	private MigrationLock lock() {
		return this.target.isEmbedded() ? MigrationLock.local()
				: this.environment.locks().at(this.target.getLockAddress());
	}

	private void taken(Lease lease) {
		String predecessor = lease.getPredecessor();
		this.holders.add(lease.getHolder());
		// A lease that this run itself has lost is no sign of a crash
		if (predecessor != null && !this.holders.contains(predecessor)) {
			this.environment.listener().lockTakenOver(this.reference);
		}
		lease.onLost((why) -> leaseLost(lease, why));
	}

	private void leaseLost(Lease lease, String why) {
		try (LogContext schema = LogContext.with(LogContext.SCHEMA, this.target.getName());
				LogContext runId = LogContext.with(LogContext.RUN_ID, this.reference.runId());
				LogContext changeSet = LogContext.with(LogContext.CHANGE_SET, this.state.getRunning())) {
			logger.warn("lockkeeper - lease lost (%s; holder %s); %s".formatted(why, lease.getHolder(),
					lease.isFenced() ? "nothing is committed under it any more" : "the run stops"));
		}
		this.environment.listener().leaseLost(this.reference);
	}

	private void warnUnlessFenced(Lease lease) {
		if (!lease.isFenced() && this.environment.unfenced().add(this.target.getName())) {
			logger.warn(("lockkeeper - the lock is not fenced (schema %s, holder %s): a process that stands still "
					+ "while another one takes the lock may commit a change set when it wakes up; make sure that it is "
					+ "dead before another one migrates")
				.formatted(this.target.getName(), lease.getHolder()));
		}
	}

	/**
	 * Release the engine's own lock, if it is stale and nothing remains to do. Otherwise
	 * the holder of the schema's lock releases it. A process that may only read starts
	 * all the same.
	 */
	private void releaseStaleLock() {
		if (!this.target.hasStaleLock()) {
			return;
		}
		try {
			this.target.requireSessions();
			try (Lease lease = lock().tryAcquire().orElse(null)) {
				if (lease != null) {
					taken(lease);
					this.engineLock.release(null);
				}
			}
		}
		catch (RuntimeException ex) {
			this.engineLock.notReleased(RunFailures.describe(ex, this.target));
		}
	}

	/**
	 * Return what is known of the run when the process ends in the middle of it. May be
	 * called on any thread.
	 */
	LockkeeperException endInTheMiddle() {
		ChangeSetReference running = this.state.getRunning();
		return this.failures.complete(new TerminatedException(this.target.getName(),
				"The process was asked to end, and ended in the middle%s."
					.formatted((running != null) ? " of change set " + running : "")));
	}

}
