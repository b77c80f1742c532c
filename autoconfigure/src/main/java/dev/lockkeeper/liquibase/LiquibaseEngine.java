// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.util.List;
import java.util.Set;

import dev.lockkeeper.connection.OwnConnections;
import dev.lockkeeper.database.ConnectedDatabase;
import dev.lockkeeper.engine.Comparison;
import dev.lockkeeper.engine.ConfiguredSchemas;
import dev.lockkeeper.engine.Engine;
import dev.lockkeeper.engine.EngineMigration;
import dev.lockkeeper.engine.EngineTraits;
import dev.lockkeeper.engine.LockingEngine;
import dev.lockkeeper.engine.PreviewingEngine;
import dev.lockkeeper.engine.Recognition;
import dev.lockkeeper.engine.SchemaTables;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.liquibase.bean.LiquibaseAccess;
import dev.lockkeeper.liquibase.lock.ChangeLogLock;
import dev.lockkeeper.liquibase.preview.SqlPreview;
import dev.lockkeeper.liquibase.run.ChangeSetKey;
import dev.lockkeeper.liquibase.run.ForeignLocks;
import dev.lockkeeper.migration.Diagnosis;
import dev.lockkeeper.migration.EngineWords;
import dev.lockkeeper.migration.FailurePolicy;
import dev.lockkeeper.migration.Preview;
import dev.lockkeeper.migration.PreviewLimits;
import dev.lockkeeper.migration.ReleasableLock;
import dev.lockkeeper.postgresql.Login;
import dev.lockkeeper.postgresql.SqlStates;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.HistoryMark;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaUnreadableException;
import dev.lockkeeper.schema.SchemaVersion;
import liquibase.Contexts;
import liquibase.LabelExpression;
import liquibase.Liquibase;
import liquibase.Scope;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.DatabaseChangeLog;
import liquibase.integration.spring.SpringLiquibase;
import liquibase.util.LiquibaseUtil;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.core.io.ResourceLoader;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.util.Assert;

/**
 * One {@link SpringLiquibase} bean as an engine.
 */
final class LiquibaseEngine implements Engine, PreviewingEngine, LockingEngine {

	private static final Log logger = LogFactory.getLog(LiquibaseEngine.class);

	private static final EngineWords WORDS = new EngineWords("Liquibase", "changelog lock",
			"spring.liquibase.drop-first",
			"Set spring.liquibase.url, with spring.liquibase.user and spring.liquibase.password, to the database "
					+ "itself or to a pooler in session mode; give a Liquibase bean of your own such a data source.",
			"See why Liquibase leaves them out: a subclass of SpringLiquibase may not run Liquibase when it is "
					+ "initialised, or a customizer may remove them.");

	private final String name;

	private final SpringLiquibase bean;

	private final OwnConnections connections;

	private final ForeignLocks foreignLocks;

	private final Clock clock;

	private final HistoryLocation location;

	private final LiquibaseRecognition recognition;

	/**
	 * The change sets, from when they are read until they are forgotten.
	 */
	private volatile @Nullable ExpectedChangeSets code;

	/**
	 * What stays known when they are forgotten, until they have to be read anew.
	 */
	private volatile @Nullable Known known;

	/**
	 * The tables of the run that is over, while the change sets have to be read anew.
	 */
	private volatile @Nullable LiquibaseTables tablesOfRun;

	/**
	 * What preconditions skipped in the last run: Liquibase has judged them then, and may
	 * have done so in ways that an inspection, which only reads, cannot.
	 */
	private volatile Set<String> skipped = Set.of();

	/**
	 * Create an engine.
	 * @param connections opens connections to the database of the bean
	 * @param foreignLocks what to do about the lock of a Liquibase that is not governed
	 * @param location finds out where the history is
	 * @param clock the clock for the time of previews
	 */
	LiquibaseEngine(String name, SpringLiquibase bean, OwnConnections connections, ForeignLocks foreignLocks,
			HistoryLocation location, Clock clock) {
		this.name = name;
		this.bean = bean;
		this.connections = connections;
		this.foreignLocks = foreignLocks;
		this.location = location;
		this.recognition = new LiquibaseRecognition(bean, this::recognised);
		this.clock = clock;
	}

	@Override
	public EngineWords getWords() {
		return WORDS;
	}

	@Override
	public @Nullable String getVersion() {
		return LiquibaseUtil.getBuildVersion();
	}

	// What is dropped, or rolled back on trial, is not part of a transaction with its
	// row; what a subclass does is not known
	@Override
	public EngineTraits getTraits() {
		boolean dropsFirst = this.bean.isDropFirst();
		return new EngineTraits(dropsFirst,
				!dropsFirst && !this.bean.isTestRollbackOnUpdate() && !LiquibaseAccess.initialisesItself(this.bean));
	}

	@Override
	public ConfiguredSchemas getConfiguredSchemas() {
		return SchemaSettings.toSchemas(this.bean);
	}

	@Override
	public SchemaTables locate(Connection connection) throws Exception {
		return located(connection).all();
	}

	@Override
	public Comparison compare(Connection connection) throws Exception {
		HistoryLocation.Found found = find(connection);
		ExpectedChangeSets expectation = found.code();
		SchemaComparison comparison = LiquibaseAccess.inScope(this.bean,
				() -> Scope.child(expectation.scope(), () -> new SchemaComparison(expectation, found.history(),
						(changeSet) -> isSkipped(changeSet, expectation, connection))));
		List<String> absent = comparison.isComplete() && !expectation.hasPreconditions()
				? expectation.absentFrom(found.history()) : null;
		this.recognition.compared(expectation.level().digest(), expectation.tables().all(), absent);
		return comparison.toComparison(expectation.alwaysRuns() || isRunDueBySettings());
	}

	@Override
	public Recognition getRecognition() {
		return this.recognition;
	}

	private void recognised(SchemaTables tables, String level) {
		this.code = null;
		this.known = new Known(new LiquibaseTables(tables, tables.others().get(0)), level);
		this.location.recognised();
	}

	private boolean isRunDueBySettings() {
		return this.bean.isDropFirst() || this.bean.isClearCheckSums() || this.bean.isTestRollbackOnUpdate()
				|| LiquibaseAccess.hasRollbackFile(this.bean) || LiquibaseAccess.initialisesItself(this.bean);
	}

	@Override
	public void inspected(Connection connection, SchemaState state) throws SQLException {
		this.location.found(connection, requireCode(), state);
	}

	private HistoryLocation.Found find(Connection connection) throws Exception {
		HistoryLocation.Found found = this.location.find(connection, expectation(connection));
		if (found == null) {
			readAnew();
			found = this.location.findAgain(connection, expectation(connection));
		}
		know(found.code());
		return found;
	}

	@Override
	public HistoryMark mark(Connection connection) throws Exception {
		return this.location.mark(connection, located(connection), this::expectation);
	}

	@Override
	public List<SchemaVersion> readHistory(Connection connection) throws Exception {
		LiquibaseTables tables = tables();
		return ChangeHistory.read(connection, (tables != null) ? tables : expectation(connection).tables())
			.toVersions();
	}

	private LiquibaseTables located(Connection connection) throws Exception {
		Known before = this.known;
		return (before != null) ? before.tables() : expectation(connection).tables();
	}

	private ExpectedChangeSets expectation(Connection connection) throws Exception {
		ExpectedChangeSets present = this.code;
		if (present == null) {
			ResourceLoader resources = this.recognition.getResources();
			present = withLiquibase(connection, (uncloseable) -> LiquibaseAccess.withResources(this.bean, resources,
					() -> ExpectedChangeSets.read(this.bean, uncloseable)));
			Known before = this.known;
			if (before != null) {
				before.requireSame(this.name, present);
				present = present.in(before.tables());
			}
			know(present);
		}
		return present;
	}

	private void know(ExpectedChangeSets present) {
		this.code = present;
		this.known = new Known(present.tables(), present.level().digest());
	}

	private void readAnew() {
		this.code = null;
		this.known = null;
	}

	// What is not a part of the application may be replaced under it
	@Override
	public void forgetCode() {
		String changeLog = this.bean.getChangeLog();
		if (changeLog == null || !changeLog.contains(":") || changeLog.startsWith("classpath")) {
			this.code = null;
		}
		this.recognition.forget();
	}

	/**
	 * Validate the changelog as a run does.
	 * @throws Exception what the run has failed with
	 */
	void validate() throws Exception {
		try (Connection own = this.connections.openStateless()) {
			DatabaseChangeLog changeLog = expectation(own).changeLog();
			withLiquibase(own, (uncloseable) -> {
				changeLog.validate(LiquibaseAccess.createDatabase(this.bean, uncloseable),
						new Contexts(this.bean.getContexts()), new LabelExpression(this.bean.getLabelFilter()));
				return true;
			});
		}
	}

	/**
	 * Let Liquibase use a connection that it can neither close nor leave in a
	 * transaction.
	 */
	private <T> T withLiquibase(Connection connection, ConnectedDatabase.Reading<T> action) throws Exception {
		return ConnectedDatabase.of(connection).readOnly((reading) -> {
			SingleConnectionDataSource uncloseable = new SingleConnectionDataSource(reading, true);
			return LiquibaseAccess.inScope(this.bean,
					() -> Scope.child(ReadOnlyHistoryService.scope(), () -> action.read(uncloseable.getConnection())));
		});
	}

	private boolean isSkipped(ChangeSet changeSet, ExpectedChangeSets expectation, Connection connection) {
		if (this.skipped.contains(ChangeSetKey.of(changeSet))) {
			return true;
		}
		SkippingPreconditions preconditions = SkippingPreconditions.of(changeSet);
		if (preconditions == null) {
			return false;
		}
		try {
			return withLiquibase(connection, (uncloseable) -> preconditions
				.areSkipping(LiquibaseAccess.createDatabase(this.bean, uncloseable), expectation.changeLog()));
		}
		catch (Exception ex) {
			logger.debug("lockkeeper - a precondition could not be checked (%s)".formatted(changeSet), ex);
			return false;
		}
	}

	@Override
	public EngineMigration prepare() {
		return new LiquibaseRun(this.name, this.bean, this, this.foreignLocks);
	}

	/**
	 * Note that a run begins.
	 * @throws SchemaUnreadableException when it would write to other tables than those
	 * that were inspected
	 */
	void runBegins(Liquibase liquibase) {
		this.location.requireSame(liquibase.getDatabase(), knownTables());
	}

	/**
	 * Note that a run has ended.
	 * @param skipped the keys of the change sets that preconditions have skipped
	 */
	void runEnded(Set<String> skipped) {
		this.skipped = Set.copyOf(skipped);
		this.tablesOfRun = tables();
		// A subclass may have set its properties only now
		if (LiquibaseAccess.initialisesItself(this.bean)) {
			readAnew();
		}
	}

	@Override
	public Preview preview(Connection connection, List<ChangeSetReference> heldBack, PreviewLimits limits)
			throws Exception {
		SqlPreview preview = new SqlPreview(this.name, this.bean, LiquibaseRun.keys(heldBack), this.clock, limits,
				this.connections.getOwner() != null);
		return ConnectedDatabase.of(connection).readOnly(preview::write);
	}

	@Override
	public @Nullable HeldLock findLock(Connection connection) throws SQLException {
		return changeLogLock().find(connection);
	}

	@Override
	public void releaseLock(Connection connection, String run) throws SQLException {
		String holder = changeLogLock().release(connection, run);
		if (holder != null) {
			logger.info("lockkeeper - released the changelog lock that a run left behind (schema %s, held by %s)"
				.formatted(this.name, holder));
		}
	}

	@Override
	public ReleasableLock getReleasableLock() {
		return changeLogLock();
	}

	private ChangeLogLock changeLogLock() {
		return new ChangeLogLock(this.connections, requireTables().lock());
	}

	@Override
	public @Nullable Diagnosis diagnose(Throwable failure, Phase phase, Login login) {
		return (phase == Phase.INSPECTION) ? ofInspection(failure, login) : ofRun(failure, login);
	}

	private @Nullable Diagnosis ofInspection(Throwable failure, Login login) {
		Diagnosis diagnosis = this.location.diagnose(failure, FailurePolicy::onRead, knownTables());
		if (diagnosis == null) {
			LiquibaseTables tables = tables();
			diagnosis = LiquibaseFailures.ofRead(failure, this.connections.describe(),
					(tables != null) ? tables.history() : "the history table", login);
		}
		if (diagnosis == null || diagnosis.status() == ExitStatus.CHANGELOG) {
			Diagnosis missing = new MissingChangeLog(this.name, this.bean).diagnose();
			diagnosis = (missing != null) ? missing : diagnosis;
		}
		return (diagnosis != null) ? named(diagnosis) : null;
	}

	// A parser does not always name the file that it parses
	private Diagnosis named(Diagnosis diagnosis) {
		if (diagnosis.status() != ExitStatus.CHANGELOG) {
			return diagnosis;
		}
		return new Diagnosis(diagnosis.status(), diagnosis.sqlState(), named(diagnosis.message()),
				named(diagnosis.reason()), diagnosis.action(), diagnosis.passing(), diagnosis.ofChangeSet());
	}

	private String named(String text) {
		String changeLog = String.valueOf(this.bean.getChangeLog());
		String file = changeLog.substring(changeLog.lastIndexOf('/') + 1);
		return text.contains(file) ? text : "Changelog %s: %s".formatted(changeLog, text);
	}

	private @Nullable Diagnosis ofRun(Throwable failure, Login login) {
		Diagnosis ofTable = this.location.diagnose(failure, FailurePolicy::inRun, knownTables());
		if (ofTable != null) {
			return ofTable;
		}
		Diagnosis diagnosis = LiquibaseFailures.ofRun(failure, login);
		return (diagnosis != null && LiquibaseTableFailures.areIn(failure)) ? diagnosis.ofNoChangeSet() : diagnosis;
	}

	private ExpectedChangeSets requireCode() {
		ExpectedChangeSets present = this.code;
		Assert.state(present != null, "The changelog has not been read yet");
		return present;
	}

	private LiquibaseTables requireTables() {
		LiquibaseTables tables = tables();
		Assert.state(tables != null, "The changelog has not been read yet");
		return tables;
	}

	private @Nullable LiquibaseTables tables() {
		LiquibaseTables located = knownTables();
		return (located != null) ? located : this.tablesOfRun;
	}

	private @Nullable LiquibaseTables knownTables() {
		Known before = this.known;
		return (before != null) ? before.tables() : null;
	}

	/**
	 * What a process that serves knows of its change sets.
	 *
	 * @param tables the tables among which the history was found
	 * @param level the digest of the level
	 */
	private record Known(LiquibaseTables tables, String level) {

		// A file that is not part of the application may become that of another release
		void requireSame(String name, ExpectedChangeSets read) {
			if (!this.level.equals(read.level().digest())) {
				throw new SchemaUnreadableException(name, ExitStatus.CHANGELOG, null, false,
						"The changelog is another one than at the start of this process.",
						"Start this process again, so that it serves what its changelog expects.", null);
			}
		}

	}

}
