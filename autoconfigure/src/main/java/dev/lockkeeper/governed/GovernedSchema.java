// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.governed;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

import dev.lockkeeper.connection.OwnConnections;
import dev.lockkeeper.engine.Comparison;
import dev.lockkeeper.engine.Engine;
import dev.lockkeeper.engine.Engine.Phase;
import dev.lockkeeper.engine.PreviewingEngine;
import dev.lockkeeper.engine.SchemaTables;
import dev.lockkeeper.exit.ConfigurationException;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.lock.Lease;
import dev.lockkeeper.lock.LockAddress;
import dev.lockkeeper.migration.Diagnosis;
import dev.lockkeeper.migration.EngineWords;
import dev.lockkeeper.migration.MigrationTarget;
import dev.lockkeeper.migration.Preview;
import dev.lockkeeper.migration.PreviewLimits;
import dev.lockkeeper.migration.ReleasableLock;
import dev.lockkeeper.migration.RunControl;
import dev.lockkeeper.migration.UnfinishedChangeSets;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.postgresql.RoleSplit.Missing;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.HistoryMark;
import dev.lockkeeper.schema.InspectionConnection;
import dev.lockkeeper.schema.LockContention;
import dev.lockkeeper.schema.RunEnd;
import dev.lockkeeper.schema.RunStart;
import dev.lockkeeper.schema.SchemaEngine;
import dev.lockkeeper.schema.SchemaInspection;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaUnreadableException;
import dev.lockkeeper.schema.SchemaVersion;
import dev.lockkeeper.schema.TimesBlocked;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * One schema, governed: inspected without being migrated, and migrated by its engine on
 * connections that never belong to the pool of the application.
 */
final class GovernedSchema implements MigrationTarget {

	private final String name;

	private final Engine engine;

	private final DatabaseSessions sessions;

	private final OwnConnections connections;

	private final SchemaLocks locks;

	private final Levels levels;

	private final RunDiary diary;

	private final RightsAdvice rights;

	private final RoleVerification roles;

	private final FastPath fastPath;

	private final Clock clock;

	private final Duration lockTimeout;

	/**
	 * The tables of the schema, known as soon as one inspection has read the code.
	 */
	private volatile @Nullable SchemaTables tables;

	/**
	 * What the last inspection has compared.
	 */
	private volatile @Nullable Comparison comparison;

	/**
	 * What the last inspection has found.
	 */
	private volatile @Nullable SchemaState state;

	GovernedSchema(String name, Engine engine, DatabaseSessions sessions, GovernedSchemas.Settings settings) {
		this.name = name;
		this.engine = engine;
		this.sessions = sessions;
		this.connections = sessions.getConnections();
		this.locks = new SchemaLocks(settings.locks(), engine, this.connections);
		this.levels = new Levels(name, settings.levels(), settings.reinstates());
		this.diary = new RunDiary(name, engine, this.connections, this.locks, settings);
		this.rights = new RightsAdvice(this.connections, settings.origin().mode());
		this.roles = new RoleVerification(name, engine, this.connections, settings.roles());
		this.fastPath = new FastPath(name, engine, settings.recognises(),
				!Mode.DEFER.name().equals(settings.origin().mode()));
		this.clock = settings.clock();
		this.lockTimeout = settings.lockTimeout();
	}

	@Override
	public String getName() {
		return this.name;
	}

	@Override
	public SchemaEngine getEngine() {
		return new SchemaEngine(this.engine.getWords().engine(), this.engine.getVersion());
	}

	@Override
	public SchemaState inspect() {
		Instant checkedAt = this.clock.instant();
		return this.sessions.read((connection) -> inspect(connection, checkedAt), this::unreadable);
	}

	private SchemaState inspect(Connection connection, Instant checkedAt) throws Exception {
		Comparison recognised = this.fastPath.find(connection);
		if (recognised != null) {
			this.tables = recognised.tables();
			this.comparison = recognised;
			SchemaState confirmed = this.levels.confirm(recognised, checkedAt).withEngine(getEngine());
			this.state = confirmed;
			return confirmed;
		}
		this.fastPath.compares(connection);
		this.tables = this.engine.locate(connection);
		Comparison found = this.engine.compare(connection);
		this.tables = found.tables();
		this.comparison = found;
		SchemaState inspected = this.levels
			.judge(found, connection, checkedAt, this.locks.readHolder(connection, found.tables()))
			.withEngine(getEngine());
		this.state = inspected;
		this.engine.inspected(connection, inspected);
		return inspected;
	}

	@Override
	public SchemaInspection inspectWithRuns(InspectionConnection shared) {
		Instant checkedAt = this.clock.instant();
		return this.sessions.read(shared, (connection) -> {
			SchemaState inspected = inspect(connection, checkedAt);
			Comparison known = requireComparison();
			return this.diary.withRuns(connection, known.tables(), inspected, known.level().digest());
		}, this::unanswered);
	}

	@Override
	public SchemaInspection confirm(InspectionConnection shared, SchemaInspection known) {
		Instant checkedAt = this.clock.instant();
		return this.sessions.read(shared, (connection) -> {
			Comparison last = requireComparison();
			SchemaState confirmed = known.state()
				.confirmed(checkedAt)
				.heldBy(this.locks.readHolder(connection, last.tables()));
			return (known.run() != null)
					? this.diary.withRuns(connection, last.tables(), confirmed, last.level().digest())
					: new SchemaInspection(confirmed, null, known.runs());
		}, this::unanswered);
	}

	@Override
	public void forgetCode() {
		this.engine.forgetCode();
	}

	@Override
	public List<SchemaVersion> readHistory(InspectionConnection shared) {
		return this.sessions.read(shared, this.engine::readHistory, this::unanswered);
	}

	@Override
	public HistoryMark mark(InspectionConnection shared) {
		return this.sessions.read(shared, (connection) -> {
			SchemaTables tables = this.engine.locate(connection);
			return this.engine.mark(connection).withLastRun(this.diary.mark(connection, tables));
		}, this::unanswered);
	}

	// A question may come in any mode, and only reads
	private RuntimeException unanswered(Exception failure) {
		return unreadable(failure, true);
	}

	private RuntimeException unreadable(Exception failure) {
		return unreadable(failure, false);
	}

	private RuntimeException unreadable(Exception failure, boolean question) {
		return explained(diagnose(failure, Phase.INSPECTION, question), failure);
	}

	private RuntimeException explained(@Nullable Diagnosis diagnosis, Exception failure) {
		if (diagnosis == null) {
			return (failure instanceof RuntimeException unforeseen) ? unforeseen : new IllegalStateException(failure);
		}
		return new SchemaUnreadableException(this.name, diagnosis.status(), diagnosis.sqlState(), diagnosis.passing(),
				diagnosis.message(), diagnosis.reason(), diagnosis.action(), failure);
	}

	@Override
	public @Nullable Diagnosis diagnose(Throwable failure) {
		return diagnose(failure, Phase.RUN, false);
	}

	private @Nullable Diagnosis diagnose(Throwable failure, Phase phase, boolean question) {
		Diagnosis diagnosis = this.engine.diagnose(failure, phase, this.sessions.getLogin());
		return (diagnosis != null) ? this.rights.complete(diagnosis, this.tables, this.sessions.getLogin(), question)
				: null;
	}

	@Override
	public EngineWords getWords() {
		return this.engine.getWords();
	}

	@Override
	public boolean needsRun(SchemaState state) {
		Comparison known = this.comparison;
		return !state.pending().isEmpty() || !state.changed().isEmpty() || (known != null && known.runDue());
	}

	@Override
	public boolean isEmbedded() {
		return this.sessions.isEmbedded();
	}

	@Override
	public boolean isRelayed() {
		return this.sessions.isRelayed();
	}

	@Override
	public void requireSessions() {
		this.sessions.requireUnshared(this.engine.getWords().ownSessions(), this::unreadable);
	}

	@Override
	public boolean createHistory() {
		try {
			return !isEmbedded() && this.engine.createHistory();
		}
		catch (LockkeeperException ex) {
			throw ex;
		}
		catch (Exception ex) {
			throw explained(diagnose(ex), ex);
		}
	}

	@Override
	public boolean dropsFirst() {
		return this.engine.getTraits().dropsFirst();
	}

	@Override
	public LockAddress getLockAddress() {
		return this.locks.addressOf(requireComparison().tables());
	}

	@Override
	public boolean hasStaleLock() {
		return this.locks.isAbandoned();
	}

	@Override
	public void releaseStaleLock(@Nullable String dead) throws SQLException {
		if (this.tables != null) {
			this.locks.releaseAbandoned(dead);
		}
	}

	@Override
	public @Nullable ReleasableLock getReleasableLock() {
		return (this.tables != null) ? this.locks.getReleasableLock() : null;
	}

	@Override
	public @Nullable UnfinishedChangeSets getUnfinishedChangeSets() {
		SchemaTables known = this.tables;
		return (known != null) ? new NotedStatements(this.connections, LeasedRun.intents(this.name, known)) : null;
	}

	@Override
	public void runBegins(String runId, SchemaState before, Lease lease, Duration lockWait) {
		Comparison known = this.comparison;
		if (known != null) {
			this.diary.begin(known.tables(),
					new RunStart(runId, this.name, this.diary.getOrigin(), lease.getHolder(), known.level().digest(),
							before.pending().size(), before.applied(), RunDiary.versionOf(before), lockWait,
							this.clock.instant().truncatedTo(ChronoUnit.MILLIS), lease.isFenced(), TimesBlocked.NONE));
		}
	}

	@Override
	public void runBlocked(LockContention contention) {
		this.diary.blocked(contention);
	}

	@Override
	public void runEnds(RunEnd end, Duration lockWait) {
		this.diary.end(end, lockWait);
	}

	@Override
	public void rememberLevel() {
		Comparison known = this.comparison;
		if (known != null && !isEmbedded()) {
			this.levels.remember(known, this.connections, this.clock.instant());
			this.fastPath.remember(known, this.connections, this.clock.instant());
		}
	}

	@Override
	public List<ChangeSetReference> getReplaced() {
		return this.levels.getHeldBack();
	}

	@Override
	public void migrate(Lease lease, RunControl control) throws Exception {
		LeasedRun run = new LeasedRun(this.name, this.engine, requireComparison().tables(), this.connections, lease,
				control, this.lockTimeout);
		try {
			run.migrate(this.levels.getHeldBack(), this.state, this.diary::restore);
		}
		catch (Exception ex) {
			String acting = run.getActingRole();
			if (acting != null) {
				this.sessions.actedAs(acting);
			}
			throw ex;
		}
		finally {
			if (this.engine.getTraits().dropsFirst()) {
				this.levels.forget();
			}
			if (run.mayHoldEngineLock()) {
				this.locks.abandoned(lease.getHolder());
			}
		}
	}

	@Override
	public void verifyRoles() {
		if (this.roles.isDue()) {
			SchemaTables tables = requireComparison().tables();
			this.roles.verify(() -> this.sessions.read((connection) -> this.roles.findMissing(connection, tables),
					this::unreadable));
		}
	}

	@Override
	public @Nullable List<String> findGrants(boolean connected) {
		this.roles.requireApplication();
		if (!connected) {
			return this.roles.toStatements();
		}
		return this.sessions
			.read((connection) -> this.roles.findMissing(connection, this.engine.locate(connection)), this::unreadable)
			.map(Missing::statements)
			.orElse(null);
	}

	@Override
	public Preview preview(PreviewLimits limits) {
		if (!(this.engine instanceof PreviewingEngine previewing)) {
			throw new ConfigurationException("%s cannot write down what a run of schema %s would execute.".formatted(
					getWords().engine(), this.name), "Ask for --status: it names the change sets that are pending.");
		}
		return this.sessions.read((connection) -> previewing.preview(connection, this.levels.getHeldBack(), limits),
				this::unreadable);
	}

	private Comparison requireComparison() {
		Comparison known = this.comparison;
		Assert.state(known != null, "The schema has not been inspected yet");
		return known;
	}

}
