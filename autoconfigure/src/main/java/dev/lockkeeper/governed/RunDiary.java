// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.governed;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;

import dev.lockkeeper.connection.OwnConnections;
import dev.lockkeeper.database.ConnectedDatabase;
import dev.lockkeeper.engine.Engine;
import dev.lockkeeper.engine.SchemaTables;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.postgresql.SelectGrants;
import dev.lockkeeper.redaction.Redaction;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.LockContention;
import dev.lockkeeper.schema.RunActivity;
import dev.lockkeeper.schema.RunEnd;
import dev.lockkeeper.schema.RunLedger;
import dev.lockkeeper.schema.RunOrigin;
import dev.lockkeeper.schema.RunProgress;
import dev.lockkeeper.schema.RunRecord;
import dev.lockkeeper.schema.RunStart;
import dev.lockkeeper.schema.SchemaInspection;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaVersion;
import dev.lockkeeper.schema.ScriptRecords;
import dev.lockkeeper.thread.DaemonThread;
import dev.lockkeeper.waiting.UnansweredTime;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * The runs of one schema. Those of a database outside of this process are in the ledger,
 * written on connections of their own. Those of an embedded database are in this process,
 * and the database has only the tables of the user. Writing here never fails a run, nor
 * delays it for long.
 */
final class RunDiary {

	private static final Log logger = LogFactory.getLog(RunDiary.class);

	private static final Duration LIMIT = Duration.ofSeconds(15);

	private static final Duration ANSWER = Duration.ofSeconds(10);

	private static final Duration LOCK_WAIT = Duration.ofSeconds(5);

	private final String name;

	private final Engine engine;

	private final OwnConnections connections;

	private final RunLedger ledger;

	private final ScriptRecords scripts;

	private final SchemaLocks locks;

	private final RunOrigin origin;

	private final Clock clock;

	private final List<RunRecord> inside = new CopyOnWriteArrayList<>();

	private final AtomicBoolean warned = new AtomicBoolean();

	private volatile @Nullable Begun begun;

	/**
	 * Whether the ledger was there, and could be read, when it was read last.
	 */
	private volatile boolean readable;

	RunDiary(String name, Engine engine, OwnConnections connections, SchemaLocks locks,
			GovernedSchemas.Settings settings) {
		this.name = name;
		this.engine = engine;
		this.connections = connections;
		this.ledger = settings.runs();
		this.scripts = settings.scripts();
		this.locks = locks;
		this.clock = settings.clock();
		RunOrigin process = settings.origin();
		this.origin = connections.isEmbedded()
				? new RunOrigin(Mode.SELF.name(), process.application(), process.version(), process.host()) : process;
	}

	RunOrigin getOrigin() {
		return this.origin;
	}

	/**
	 * Write that a run begins, or goes on under another holder.
	 */
	void begin(SchemaTables tables, RunStart start) {
		Begun known = this.begun;
		RunStart run = (known != null && known.run().runId().equals(start.runId())) ? known.run().heldBy(start.holder())
				: start;
		this.begun = new Begun(tables, run);
		restore();
	}

	/**
	 * Write the run that has begun again, after everything was dropped under it.
	 */
	void restore() {
		Begun run = this.begun;
		if (run != null && !this.connections.isEmbedded()) {
			write((connection) -> {
				this.ledger.begin(connection, of(run.tables()), run.run(), now());
				// Before the first change set, so that a complete history beside which
				// there
				// is no such table is known to be that of another migrator
				this.scripts.provide(connection, run.tables().scripts(), run.tables().history());
				SelectGrants.copy(connection, run.tables().history(), run.tables().lease());
				SelectGrants.copy(connection, run.tables().history(), run.tables().scripts());
			});
		}
	}

	/**
	 * Write that other sessions were in the way of a change set of the run that has
	 * begun.
	 */
	void blocked(LockContention contention) {
		Begun known = this.begun;
		if (known == null) {
			return;
		}
		Begun run = new Begun(known.tables(), known.run().blockedBy(contention));
		this.begun = run;
		if (!this.connections.isEmbedded()) {
			write((connection) -> this.ledger.blocked(connection, of(run.tables()), run.run()));
		}
	}

	/**
	 * Write how the run ended that has begun.
	 */
	void end(RunEnd end, Duration lockWait) {
		Begun run = this.begun;
		this.begun = null;
		if (run != null) {
			write((connection) -> end(connection, run, end, lockWait));
		}
	}

	private void end(Connection connection, Begun run, RunEnd end, Duration lockWait) throws Exception {
		List<SchemaVersion> history = this.engine.readHistory(connection);
		String version = history.isEmpty() ? null : history.get(history.size() - 1).changeSet().toString();
		RunRecord ended = new RunRecord(run.run().waited(lockWait), end.recorded(version, run.run().at(), now()));
		if (this.connections.isEmbedded()) {
			this.inside.add(0, ended);
		}
		else {
			this.ledger.end(connection, of(run.tables()), ended);
			SelectGrants.copy(connection, run.tables().history(), run.tables().lease());
			SelectGrants.copy(connection, run.tables().history(), run.tables().scripts());
		}
	}

	// A connection may be accepted by something that never answers: only another thread
	// can abandon that
	private void write(Entry entry) {
		AtomicBoolean abandoned = new AtomicBoolean();
		Thread writing = DaemonThread.start("lockkeeper-ledger", () -> write(entry, abandoned));
		boolean written = UnansweredTime.joinUninterruptibly(writing, LIMIT);
		abandoned.set(true);
		if (!written) {
			warn("no answer within %d s".formatted(LIMIT.toSeconds()));
		}
	}

	private void write(Entry entry, AtomicBoolean abandoned) {
		try (Connection connection = this.connections.limited().getConnection()) {
			if (!this.connections.isShared()) {
				ConnectedDatabase.of(connection).limitWaits(ANSWER, LOCK_WAIT);
			}
			if (!abandoned.get()) {
				entry.write(connection);
			}
		}
		catch (Exception ex) {
			warn(firstLine(Redaction.redact(String.valueOf(ex.getMessage()))));
			logger.debug("lockkeeper - the ledger of runs could not be written", ex);
		}
	}

	private void warn(String why) {
		if (this.warned.compareAndSet(false, true)) {
			logger.warn(("lockkeeper - the ledger of runs could not be written (schema %s: %s); the run goes on, "
					+ "and is not or not completely in it")
				.formatted(this.name, why));
		}
	}

	private static String firstLine(String text) {
		return text.lines().findFirst().orElse("");
	}

	/**
	 * Read the run in progress and the ended runs. What may not be read is left out.
	 */
	SchemaInspection withRuns(Connection connection, SchemaTables tables, SchemaState state, @Nullable String level) {
		if (this.connections.isEmbedded()) {
			Begun run = this.begun;
			return new SchemaInspection(state,
					(run != null) ? RunProgress.of(run.run(), state, level, RunActivity.UNKNOWN) : null,
					this.inside.stream().limit(SchemaInspection.RUNS).toList());
		}
		try {
			List<RunRecord> runs = read(connection, tables, new RunLedger.Found(state.applied(), versionOf(state)),
					SchemaInspection.RUNS + 1);
			List<RunRecord> ended = new ArrayList<>(runs);
			ended.removeIf((run) -> run.end() == null);
			RunStart running = runs.stream()
				.filter((run) -> run.end() == null)
				.map(RunRecord::start)
				.findFirst()
				.orElse(null);
			RunProgress progress = (running != null)
					? RunProgress.of(running, state, level, activity(connection, tables)) : null;
			return new SchemaInspection(state, progress, ended.stream().limit(SchemaInspection.RUNS).toList());
		}
		catch (SQLException ex) {
			this.readable = false;
			logger.trace("lockkeeper - the runs cannot be read", ex);
			return SchemaInspection.of(state);
		}
	}

	/**
	 * Return the last run, how often others were in its way and how it ended, as one text
	 * to compare.
	 */
	@Nullable String mark(Connection connection, SchemaTables tables) {
		if (this.connections.isEmbedded()) {
			return this.inside.isEmpty() ? null : markOf(this.inside.get(0));
		}
		try {
			List<RunRecord> last = read(connection, tables, new RunLedger.Found(0, null), 1);
			return last.isEmpty() ? null : markOf(last.get(0));
		}
		catch (SQLException ex) {
			this.readable = false;
			logger.trace("lockkeeper - the runs cannot be read", ex);
			return null;
		}
	}

	// The log of the server gets a line for each failing query
	private List<RunRecord> read(Connection connection, SchemaTables tables, RunLedger.Found found, int limit)
			throws SQLException {
		boolean may = this.readable || ConnectedDatabase.of(connection).mayRead(tables.runs());
		List<RunRecord> runs = may ? this.ledger.read(connection, of(tables), found, limit) : List.of();
		this.readable = !runs.isEmpty();
		return runs;
	}

	private static String markOf(RunRecord run) {
		RunEnd end = run.end();
		RunStart start = run.start();
		return "%s %s %d%s".formatted(start.runId(), start.holder(), start.blocked().times(),
				(end != null) ? " " + end.status() : "");
	}

	private RunActivity activity(Connection connection, SchemaTables tables) {
		try {
			return this.locks.of(tables).readActivity(connection);
		}
		catch (SQLException | RuntimeException ex) {
			logger.trace("lockkeeper - what the run does cannot be read", ex);
			return RunActivity.UNKNOWN;
		}
	}

	private Instant now() {
		return this.clock.instant().truncatedTo(ChronoUnit.MILLIS);
	}

	private RunLedger.Schema of(SchemaTables tables) {
		return new RunLedger.Schema(tables.runs(), tables.history(), tables.runsOf(), tables.leaseName(),
				this.locks.of(tables));
	}

	static @Nullable String versionOf(SchemaState state) {
		SchemaVersion version = state.version();
		return (version != null) ? version.changeSet().toString() : null;
	}

	/**
	 * A run that has begun.
	 *
	 * @param tables the tables of the bean
	 * @param run the run
	 */
	private record Begun(SchemaTables tables, RunStart run) {
	}

	/**
	 * Something that is written.
	 */
	@FunctionalInterface
	private interface Entry {

		void write(Connection connection) throws Exception;

	}

}
