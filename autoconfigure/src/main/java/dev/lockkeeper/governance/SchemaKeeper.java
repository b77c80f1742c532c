// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.governance;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;

import dev.lockkeeper.command.CommandLine;
import dev.lockkeeper.exit.ConfigurationException;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.exit.TerminatedException;
import dev.lockkeeper.exit.TerminationMessage;
import dev.lockkeeper.exit.TerminationWatch;
import dev.lockkeeper.exit.UsageException;
import dev.lockkeeper.exit.Verdict;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.gate.SchemaWait;
import dev.lockkeeper.logging.LogContext;
import dev.lockkeeper.migration.MigrationFailedException;
import dev.lockkeeper.migration.MigrationOutcome;
import dev.lockkeeper.migration.MigrationTarget;
import dev.lockkeeper.migration.Migrator;
import dev.lockkeeper.migration.SchemaTask;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.mode.ModeDecision;
import dev.lockkeeper.mode.OneOffProcess;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Applies the mode of the process to each governed schema, and hands the schema to the
 * gate.
 *
 * @since 0.1.0
 */
public final class SchemaKeeper implements BiConsumer<MigrationTarget, List<String>> {

	private static final Log logger = LogFactory.getLog(SchemaKeeper.class);

	private final ModeDecision decision;

	private final Migrator migrator;

	private final @Nullable SchemaWait schemaWait;

	private final StartRemarks remarks;

	private final SchemaGate gate;

	private final TerminationMessage message;

	private final Duration timeout;

	private final @Nullable SchemaTask task;

	private final AtomicBoolean reported = new AtomicBoolean();

	private final AtomicBoolean warned = new AtomicBoolean();

	private final List<MigrationOutcome> outcomes = new CopyOnWriteArrayList<>();

	private final List<String> done = new CopyOnWriteArrayList<>();

	/**
	 * Create a keeper.
	 * @param decision the mode of the process
	 * @param migrator migrates, in SELF and MIGRATE_ONLY
	 * @param schemaWait waits, in DEFER; {@code null} when the process serves at once and
	 * the gate alone keeps the traffic away
	 * @param remarks what else is logged about the start
	 * @param gate knows each schema from then on
	 * @param message where the verdict of a process goes that was asked to end
	 * @param timeout how long the end of the JVM waits for the work to stop
	 * @param task what the process does in place of migrating; {@code null} when it
	 * migrates
	 */
	public SchemaKeeper(ModeDecision decision, Migrator migrator, @Nullable SchemaWait schemaWait, StartRemarks remarks,
			SchemaGate gate, TerminationMessage message, Duration timeout, @Nullable SchemaTask task) {
		this.decision = decision;
		this.migrator = migrator;
		this.schemaWait = schemaWait;
		this.remarks = remarks;
		this.gate = gate;
		this.message = message;
		this.timeout = timeout;
		this.task = task;
	}

	/**
	 * Handle a schema as the mode requires.
	 * @param target the schema
	 * @param next the names of the schemas that the process handles after this one, as
	 * far as they are known
	 */
	@Override
	public void accept(MigrationTarget target, List<String> next) {
		reportMode();
		if (!this.decision.databaseAllowed()) {
			return;
		}
		Mode mode = target.isEmbedded() ? Mode.SELF : this.decision.mode();
		OneOfSeveral place = new OneOfSeveral(target.getName(), List.copyOf(this.done), next);
		try (LogContext schema = LogContext.with(LogContext.SCHEMA, target.getName());
				TerminationWatch watch = watch(place, mode)) {
			try {
				keep(target, mode);
				this.done.add(target.getName());
			}
			catch (LockkeeperException ex) {
				LockkeeperException failure = ofProcess(ex, place, mode);
				watch.failed(failure);
				throw failure;
			}
		}
	}

	private TerminationWatch watch(OneOfSeveral place, Mode mode) {
		try {
			return new TerminationWatch(this.message, this.timeout, () -> unfinished(place, mode));
		}
		catch (TerminatedException ex) {
			LockkeeperException failure = ofProcess(ex, place, mode);
			this.message.write(failure.toVerdict());
			throw failure;
		}
	}

	private void keep(MigrationTarget target, Mode mode) {
		refuseDropFirst(target, mode);
		if (this.task != null) {
			this.task.handle(target);
		}
		else if (mode != Mode.DEFER) {
			MigrationOutcome outcome = this.migrator.migrate(target);
			this.outcomes.add(outcome);
			// The last inspection saw the lock that this run held
			this.gate.add(target, outcome.state().confirmed(outcome.state().checkedAt()));
		}
		else {
			defer(target);
		}
	}

	private void defer(MigrationTarget target) {
		warn();
		if (this.schemaWait != null) {
			this.gate.add(target, this.schemaWait.await(target, (state) -> refuseRelease(target, state)));
		}
		else {
			this.gate.add(target);
		}
	}

	private void warn() {
		if (!this.warned.compareAndSet(false, true)) {
			return;
		}
		OneOffProcess oneOff = this.decision.oneOff();
		if (this.remarks.warning() != null) {
			logger.warn("lockkeeper - " + this.remarks.warning());
		}
		if (oneOff != null) {
			logger.warn("lockkeeper - this process runs once and does not migrate (%s); start it with --%s to migrate"
				.formatted(oneOff.evidence(), CommandLine.MIGRATE_ONLY));
		}
	}

	// Nothing else will migrate before the release that this process prepares
	private void refuseRelease(MigrationTarget target, SchemaState state) {
		OneOffProcess oneOff = this.decision.oneOff();
		if (oneOff != null && oneOff.release() && state.status() == SchemaStatus.PENDING) {
			throw new UsageException(
					"This process prepares a release (%s), and schema %s lacks %s. The process is in %s.".formatted(
							oneOff.evidence(), target.getName(), SchemaState.count(state.pending().size()),
							this.decision),
					"Put this into the Procfile: release: java -jar application.jar --%s"
						.formatted(CommandLine.MIGRATE_ONLY));
		}
	}

	private Verdict unfinished(OneOfSeveral place, Mode mode) {
		return ofProcess(this.migrator.endInTheMiddle(place.name()), place, mode).toVerdict();
	}

	// The failure of a run lacks what the process did for other schemas
	private LockkeeperException ofProcess(LockkeeperException failure, OneOfSeveral place, Mode mode) {
		int before = countApplied();
		boolean answered = failure instanceof MigrationFailedException run && run.isLocated()
				&& failure.getStatus() != ExitStatus.UNAVAILABLE && failure.getStatus() != ExitStatus.TERMINATED;
		boolean traffic = mode == Mode.MIGRATE_ONLY && this.task == null
				&& (answered || failure.getStatus() == ExitStatus.CHANGELOG);
		if (!traffic && place.isAlone()) {
			return failure;
		}
		String message = place.named(String.valueOf(failure.getMessage()));
		return new ProcessFailedException(failure, place
			.withOthers(traffic ? ProcessFailedException.withTraffic(message) : message, mode, this.task != null),
				place.isAlone() ? null : place.name(), before);
	}

	/**
	 * Forget which schemas are done: a process that has been restored handles all of them
	 * once more.
	 */
	void beginAgain() {
		this.done.clear();
	}

	/**
	 * Return how many change sets this process has applied.
	 */
	int countApplied() {
		return this.outcomes.stream().mapToInt(MigrationOutcome::applied).sum();
	}

	/**
	 * Log the mode, once.
	 */
	public void reportMode() {
		if (this.reported.compareAndSet(false, true)) {
			logger.info("lockkeeper - " + this.decision
					+ (this.remarks.ofMode().isEmpty() ? "" : ", " + this.remarks.ofMode()));
		}
	}

	/**
	 * Return the runs of this process.
	 * @return the outcomes, in the order of the runs
	 */
	public List<MigrationOutcome> getOutcomes() {
		return List.copyOf(this.outcomes);
	}

	/**
	 * Return what the process does in place of migrating.
	 * @return the task, which has handled each schema that was governed so far, or
	 * {@code null} when the process migrates
	 */
	public @Nullable SchemaTask getTask() {
		return this.task;
	}

	/**
	 * Finish what the process does in place of migrating. A process that is asked to end
	 * meanwhile leaves a verdict, too.
	 * @param unfinished the task
	 * @return how the process ends, or {@code null} when there was no schema that the
	 * task could be about
	 */
	@Nullable Verdict finish(SchemaTask unfinished) {
		try (TerminationWatch watch = new TerminationWatch(this.message, this.timeout,
				() -> new TerminatedException("The process was asked to end, and ended in the middle of its work.")
					.toVerdict())) {
			try {
				return unfinished.finish();
			}
			catch (LockkeeperException ex) {
				watch.failed(ex);
				throw ex;
			}
		}
	}

	private void refuseDropFirst(MigrationTarget target, Mode mode) {
		boolean allowed = this.decision.test() || target.isEmbedded()
				|| (mode == Mode.SELF && !this.decision.platform());
		if (target.dropsFirst() && !allowed) {
			throw new ConfigurationException(
					"Bean %s may drop the whole schema first, which is refused in %s.".formatted(target.getName(),
							this.decision),
					"Remove %s. It is allowed in tests, and where a process migrates itself off any platform."
						.formatted(target.getWords().dropFirst()));
		}
	}

}
