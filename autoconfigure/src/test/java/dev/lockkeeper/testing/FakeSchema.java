// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.testing;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.lock.Lease;
import dev.lockkeeper.lock.LockAddress;
import dev.lockkeeper.migration.ChangeSetOutcome;
import dev.lockkeeper.migration.Diagnosis;
import dev.lockkeeper.migration.EngineWords;
import dev.lockkeeper.migration.MigrationTarget;
import dev.lockkeeper.migration.Preview;
import dev.lockkeeper.migration.PreviewLimits;
import dev.lockkeeper.migration.RunControl;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.HistoryMark;
import dev.lockkeeper.schema.LockHolder;
import dev.lockkeeper.schema.InspectionConnection;
import dev.lockkeeper.schema.RunEnd;
import dev.lockkeeper.schema.SchemaInspection;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.schema.SchemaVersion;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.datasource.SimpleDriverDataSource;

/**
 * A schema without a database, for the tests of everything above the engine. Unless it is
 * scripted otherwise, a run applies what is pending, and the other answers follow from
 * that.
 */
public final class FakeSchema implements MigrationTarget {

	private final String name;

	private final List<ChangeSetReference> pending = new CopyOnWriteArrayList<>();

	private final AtomicInteger applied = new AtomicInteger();

	private final AtomicInteger inspections = new AtomicInteger();

	private final AtomicInteger inspectionsWithRuns = new AtomicInteger();

	private final AtomicInteger sessionProbes = new AtomicInteger();

	private final Deque<Script> runs = new ArrayDeque<>();

	private final List<String> story = new CopyOnWriteArrayList<>();

	private final List<RunEnd> ends = new ArrayList<>();

	private volatile Supplier<SchemaState> state = this::stateOfPending;

	private volatile @Nullable Function<InspectionConnection, SchemaInspection> inspection;

	private final AtomicInteger confirmations = new AtomicInteger();

	private final AtomicInteger marks = new AtomicInteger();

	private volatile Function<InspectionConnection, HistoryMark> mark = (connection) -> new HistoryMark(0,
			this.marks.incrementAndGet(), null, null);

	private volatile @Nullable Function<InspectionConnection, List<SchemaVersion>> history;

	private volatile @Nullable RuntimeException unreadable;

	private volatile @Nullable LockHolder holder;

	private Runnable onSessions = () -> {
	};

	private Runnable onBegin = () -> {
	};

	private Runnable onEnd = () -> {
	};

	private boolean relayed;

	private boolean dropsFirst;

	/**
	 * Create a schema that is current.
	 * @param name its name
	 */
	public FakeSchema(String name) {
		this.name = name;
	}

	/**
	 * Let change sets be pending.
	 */
	public FakeSchema pending(ChangeSetReference... changeSets) {
		this.pending.addAll(Arrays.asList(changeSets));
		return this;
	}

	/**
	 * Let each inspection find what is scripted, in place of what is pending.
	 */
	public FakeSchema state(Supplier<SchemaState> script) {
		this.state = script;
		return this;
	}

	/**
	 * Let each inspection with runs find what is scripted, in place of the state without
	 * runs.
	 */
	public FakeSchema inspection(Function<InspectionConnection, SchemaInspection> script) {
		this.inspection = script;
		return this;
	}

	/**
	 * Let the state and each inspection be what is given.
	 */
	public FakeSchema inspection(SchemaInspection found) {
		this.state = found::state;
		return inspection((connection) -> found);
	}

	/**
	 * Let the mark be what is scripted, in place of another one each time.
	 */
	public FakeSchema mark(Function<InspectionConnection, HistoryMark> script) {
		this.mark = script;
		return this;
	}

	public FakeSchema history(Function<InspectionConnection, List<SchemaVersion>> script) {
		this.history = script;
		return this;
	}

	/**
	 * Let inspections fail, or no longer.
	 */
	public FakeSchema unreadable(@Nullable RuntimeException failure) {
		this.unreadable = failure;
		return this;
	}

	/**
	 * Let another process hold the lock, or none.
	 */
	public FakeSchema heldBy(@Nullable String other) {
		this.holder = (other != null) ? new LockHolder(other, null, Instant.MAX) : null;
		return this;
	}

	public boolean isHeld() {
		return this.holder != null;
	}

	/**
	 * Script the next run.
	 */
	public FakeSchema run(Script script) {
		this.runs.add(script);
		return this;
	}

	/**
	 * Let something happen whenever the sessions of the database are probed.
	 */
	public FakeSchema onSessions(Runnable script) {
		this.onSessions = script;
		return this;
	}

	/**
	 * Let something happen whenever the ledger records that a run begins.
	 */
	public FakeSchema onBegin(Runnable script) {
		this.onBegin = script;
		return this;
	}

	/**
	 * Let something happen whenever the ledger records that a run ends.
	 */
	public FakeSchema onEnd(Runnable script) {
		this.onEnd = script;
		return this;
	}

	public FakeSchema relayed() {
		this.relayed = true;
		return this;
	}

	/**
	 * Let each run drop the whole schema first.
	 */
	public FakeSchema droppedFirst() {
		this.dropsFirst = true;
		return this;
	}

	/**
	 * Apply a change set, as an engine reports it.
	 */
	public void apply(RunControl control, ChangeSetReference changeSet) {
		control.began(changeSet);
		commit(changeSet);
		control.ended(ChangeSetOutcome.EXECUTED);
	}

	/**
	 * Commit a change set, as the database sees it.
	 */
	public void commit(ChangeSetReference changeSet) {
		if (this.pending.remove(changeSet)) {
			this.applied.incrementAndGet();
		}
	}

	public List<ChangeSetReference> getPending() {
		return this.pending;
	}

	/**
	 * Return what was done to the schema, for the test to add to.
	 */
	public List<String> getStory() {
		return this.story;
	}

	/**
	 * Return how the runs ended, as the ledger received it.
	 */
	public List<RunEnd> getEnds() {
		return List.copyOf(this.ends);
	}

	public int countUnusedScripts() {
		return this.runs.size();
	}

	public int countInspections() {
		return this.inspections.get();
	}

	public int countInspectionsWithRuns() {
		return this.inspectionsWithRuns.get();
	}

	public int countConfirmations() {
		return this.confirmations.get();
	}

	public int countSessionProbes() {
		return this.sessionProbes.get();
	}

	@Override
	public String getName() {
		return this.name;
	}

	@Override
	public SchemaState inspect() {
		this.inspections.incrementAndGet();
		failIfUnreadable();
		return this.state.get();
	}

	private void failIfUnreadable() {
		RuntimeException failure = this.unreadable;
		if (failure != null) {
			throw failure;
		}
	}

	private SchemaState stateOfPending() {
		List<ChangeSetReference> remaining = List.copyOf(this.pending);
		return new SchemaState(remaining.isEmpty() ? SchemaStatus.CURRENT : SchemaStatus.PENDING, Instant.EPOCH, null,
				this.applied.get(), remaining, List.of(), List.of(), this.holder, null);
	}

	@Override
	public SchemaInspection inspectWithRuns(InspectionConnection connection) {
		this.inspectionsWithRuns.incrementAndGet();
		Function<InspectionConnection, SchemaInspection> script = this.inspection;
		if (script == null) {
			return SchemaInspection.of(inspect());
		}
		failIfUnreadable();
		return script.apply(connection);
	}

	/**
	 * Confirm with the lock and the run that an inspection would find.
	 */
	@Override
	public SchemaInspection confirm(InspectionConnection connection, SchemaInspection known) {
		this.confirmations.incrementAndGet();
		failIfUnreadable();
		Function<InspectionConnection, SchemaInspection> script = this.inspection;
		SchemaInspection now = (script != null) ? script.apply(connection) : SchemaInspection.of(this.state.get());
		return new SchemaInspection(known.state().confirmed(Instant.now()).heldBy(now.state().lock()), now.run(),
				known.runs());
	}

	@Override
	public void forgetCode() {
		this.story.add("forget");
	}

	@Override
	public HistoryMark mark(InspectionConnection connection) {
		failIfUnreadable();
		return this.mark.apply(connection);
	}

	@Override
	public List<SchemaVersion> readHistory(InspectionConnection connection) {
		failIfUnreadable();
		Function<InspectionConnection, List<SchemaVersion>> script = this.history;
		if (script == null) {
			throw new UnsupportedOperationException("No history is scripted");
		}
		return script.apply(connection);
	}

	@Override
	public EngineWords getWords() {
		return new EngineWords("Engine", "engine lock", "engine.drop-first", "Set engine.url.",
				"See why the engine leaves them out.");
	}

	@Override
	public boolean needsRun(SchemaState seen) {
		return !seen.pending().isEmpty();
	}

	@Override
	public boolean hasStaleLock() {
		return false;
	}

	@Override
	public void releaseStaleLock(@Nullable String dead) {
		this.story.add("release lock of " + dead);
	}

	@Override
	public boolean isEmbedded() {
		return false;
	}

	@Override
	public boolean isRelayed() {
		return this.relayed;
	}

	@Override
	public boolean dropsFirst() {
		return this.dropsFirst;
	}

	@Override
	public LockAddress getLockAddress() {
		return new LockAddress(this.name, "lockkeeper_lock", new SimpleDriverDataSource());
	}

	@Override
	public void requireSessions() {
		this.sessionProbes.incrementAndGet();
		this.onSessions.run();
	}

	@Override
	public void migrate(Lease lease, RunControl control) throws Exception {
		this.story.add("run");
		Script script = this.runs.poll();
		if (script != null) {
			script.run(control);
			return;
		}
		for (ChangeSetReference changeSet : List.copyOf(this.pending)) {
			apply(control, changeSet);
		}
	}

	@Override
	public void runBegins(String runId, SchemaState before, Lease lease, Duration lockWait) {
		this.onBegin.run();
	}

	@Override
	public void runEnds(RunEnd end, Duration lockWait) {
		this.ends.add(end);
		this.onEnd.run();
	}

	@Override
	public void rememberLevel() {
	}

	@Override
	public Preview preview(PreviewLimits limits) {
		return new Preview("", 0, 0);
	}

	/**
	 * Diagnose the failures of a database, and nothing else. The session is gone after
	 * 57P01.
	 */
	@Override
	public @Nullable Diagnosis diagnose(Throwable failure) {
		if (!(failure instanceof SQLException sql)) {
			return null;
		}
		ExitStatus status = "57P01".equals(sql.getSQLState()) ? ExitStatus.TEMPORARY : ExitStatus.MIGRATION;
		return new Diagnosis(status, sql.getSQLState(), String.valueOf(sql.getMessage()), "Start it again.", true);
	}

	/**
	 * What happens in a run.
	 */
	@FunctionalInterface
	public interface Script {

		/**
		 * Run.
		 * @param control the control of the attempt
		 * @throws Exception what the engine fails with
		 */
		void run(RunControl control) throws Exception;

	}

}
