// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import javax.sql.DataSource;

import dev.lockkeeper.connection.OwnConnections;
import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.intent.IntentTable;
import dev.lockkeeper.lock.Lease;
import dev.lockkeeper.lock.LockAddress;
import dev.lockkeeper.migration.Diagnosis;
import dev.lockkeeper.migration.MigrationTarget;
import dev.lockkeeper.migration.Preview;
import dev.lockkeeper.migration.PreviewLimits;
import dev.lockkeeper.migration.ReleasableLock;
import dev.lockkeeper.migration.RunControl;
import dev.lockkeeper.migration.SessionLostException;
import dev.lockkeeper.migration.SharedSessionsException;
import dev.lockkeeper.migration.UnfinishedChangeSets;
import dev.lockkeeper.postgresql.BriefTransactions;
import dev.lockkeeper.postgresql.PostgreSql;
import dev.lockkeeper.postgresql.SharedBackends;
import dev.lockkeeper.postgresql.SqlStates;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.HistoryMark;
import dev.lockkeeper.schema.LockHolder;
import dev.lockkeeper.schema.LockReader;
import dev.lockkeeper.schema.LookConnection;
import dev.lockkeeper.schema.RunEnd;
import dev.lockkeeper.schema.RunStart;
import dev.lockkeeper.schema.SchemaLook;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaUnreadableException;
import dev.lockkeeper.schema.SchemaVersion;
import dev.lockkeeper.transaction.RunConnections;
import dev.lockkeeper.transaction.RunTransactions;
import liquibase.Contexts;
import liquibase.LabelExpression;
import liquibase.Liquibase;
import liquibase.Scope;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.DatabaseChangeLog;
import liquibase.changelog.FastCheckService;
import liquibase.changelog.visitor.ChangeExecListener;
import liquibase.changelog.visitor.DefaultChangeExecListener;
import liquibase.database.Database;
import liquibase.exception.PreconditionErrorException;
import liquibase.exception.PreconditionFailedException;
import liquibase.integration.spring.Customizer;
import liquibase.integration.spring.SpringLiquibase;
import liquibase.precondition.core.PreconditionContainer;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.util.Assert;

/**
 * One {@link SpringLiquibase}, governed: looked at without being run, and run on
 * connections of our own. The bean keeps its properties; what is replaced for a run is
 * put back after it.
 */
final class GovernedLiquibase implements MigrationTarget {

	private static final Log logger = LogFactory.getLog(GovernedLiquibase.class);

	private final String name;

	private final SpringLiquibase bean;

	private final OwnConnections connections;

	/**
	 * Beans that have the same data source have the same database.
	 */
	private final Object source;

	private final Set<Object> unshared;

	private final LockReader lockReader;

	private final ForeignLocks foreignLocks;

	private final Clock clock;

	private final RunDiary diary;

	private final RightsAdvice rights;

	private final HistoryLocation location;

	private volatile @Nullable ExpectedChangeSets code;

	private volatile @Nullable LiquibaseTables tablesOfRun;

	private final CodeLevel level;

	private volatile boolean upkeepDue;

	/**
	 * What the last look has found.
	 */
	private volatile @Nullable SchemaState seen;

	/**
	 * Whether something else than the server answers new connections; {@code null} before
	 * the first look.
	 */
	private volatile @Nullable Boolean relayed;

	/**
	 * The governed run that holds Liquibase's own lock although its lease has ended, or
	 * the last run of this process when that could not release the lock.
	 */
	private volatile @Nullable String leftLock;

	private volatile Login login = Login.UNKNOWN;

	/**
	 * What preconditions skipped in the last run: Liquibase has judged them then, and may
	 * have done so in ways that a look, which only reads, cannot.
	 */
	private final Set<String> skipped = ConcurrentHashMap.newKeySet();

	/**
	 * Create a governed bean.
	 * @param unshared the data sources of which no connections were found to share a
	 * session, for all beans
	 * @param location finds out where the history is
	 */
	GovernedLiquibase(String name, SpringLiquibase bean, DataSource dataSource, LiquibaseGovernor.Settings settings,
			Set<Object> unshared, HistoryLocation location) {
		OwnConnections connections = OwnConnections.of(dataSource, settings.sessionName());
		this.name = name;
		this.bean = bean;
		this.connections = connections;
		this.source = dataSource;
		this.unshared = unshared;
		this.location = location;
		this.lockReader = settings.lockReader();
		this.level = new CodeLevel(name, settings.levels(), settings.reinstates());
		this.foreignLocks = settings.foreignLocks();
		this.clock = settings.clock();
		this.diary = new RunDiary(name, connections, settings);
		this.rights = new RightsAdvice(connections, settings.origin().mode());
	}

	@Override
	public String getName() {
		return this.name;
	}

	@Override
	public SchemaState inspect() {
		Instant checkedAt = this.clock.instant();
		return read((connection) -> inspect(connection, checkedAt));
	}

	@Override
	public boolean isRelayed() {
		return Boolean.TRUE.equals(this.relayed);
	}

	private static @Nullable Boolean isRelayed(Connection connection) {
		try {
			return SharedBackends.areWorthAsking(connection);
		}
		catch (SQLException ex) {
			logger.debug("lockkeeper - the server does not say which backend a connection has", ex);
			return null;
		}
	}

	private SchemaState inspect(Connection connection, Instant checkedAt) throws Exception {
		if (this.relayed == null) {
			this.relayed = isRelayed(connection);
		}
		HistoryLocation.Found found = find(connection);
		ExpectedChangeSets expectation = found.code();
		LiquibaseTables tables = expectation.tables();
		ChangeHistory history = found.history();
		SchemaComparison comparison = LiquibaseAccess.inScope(this.bean,
				() -> Scope.child(expectation.scope(), () -> new SchemaComparison(expectation, history,
						(changeSet) -> isSkipped(changeSet, expectation, connection))));
		this.upkeepDue = comparison.isUpkeepDue();
		SchemaState state = this.level.judge(comparison, expectation, connection, checkedAt,
				lockHolder(connection, tables));
		this.seen = state;
		this.location.found(connection, expectation, state);
		return state;
	}

	private HistoryLocation.Found find(Connection connection) throws Exception {
		HistoryLocation.Found found = this.location.find(connection, expectation(connection));
		if (found == null) {
			this.code = null;
			found = this.location.findAgain(connection, expectation(connection));
		}
		this.code = found.code();
		return found;
	}

	@Override
	public SchemaLook look(LookConnection shared) {
		Instant checkedAt = this.clock.instant();
		return read(shared, (connection) -> {
			SchemaState state = inspect(connection, checkedAt);
			ExpectedChangeSets expectation = expectation(connection);
			return this.diary.look(connection, expectation.tables(), state, expectation.level().digest());
		});
	}

	@Override
	public List<SchemaVersion> readHistory(LookConnection shared) {
		return read(shared, (connection) -> find(connection).history().toVersions());
	}

	@Override
	public void runBegins(String runId, SchemaState before, String holder, Duration lockWait) {
		ExpectedChangeSets expectation = this.code;
		if (expectation != null) {
			this.diary.begin(expectation.tables(),
					new RunStart(runId, this.name, this.diary.getOrigin(), holder, expectation.level().digest(),
							before.pending().size(), before.applied(), RunDiary.versionOf(before), lockWait,
							this.clock.instant().truncatedTo(ChronoUnit.MILLIS)));
		}
	}

	@Override
	public void runEnds(RunEnd end, Duration lockWait) {
		this.diary.end(end, lockWait);
	}

	@Override
	public void rememberLevel() {
		ExpectedChangeSets expectation = this.code;
		if (expectation != null && !isEmbedded()) {
			this.level.remember(expectation, this.connections, this.clock.instant());
		}
	}

	@Override
	public List<ChangeSetReference> getReplaced() {
		return this.level.getHeldBack();
	}

	@Override
	public HistoryMark mark(LookConnection shared) {
		return read(shared, (connection) -> {
			ExpectedChangeSets expectation = expectation(connection);
			HistoryMark mark = this.location.mark(connection, expectation);
			return mark.withLastRun(this.diary.mark(connection, expectation.tables()));
		});
	}

	private <T> T read(ReadAction<T> action) {
		try (LookConnection own = new LookConnection()) {
			return read(own, action, false);
		}
	}

	private <T> T read(LookConnection shared, ReadAction<T> action) {
		return read(shared, action, true);
	}

	private <T> T read(LookConnection shared, ReadAction<T> action, boolean asked) {
		boolean kept = shared.isOpen();
		boolean keep = false;
		try {
			Connection connection = shared.to(this.source, this.connections::openStateless);
			this.login = Login.of(connection);
			T result = action.read(connection);
			// PostgreSQL takes back what Liquibase sets in a transaction that is rolled
			// back; elsewhere a schema that it sets might be that of the next look
			keep = PostgreSql.isServing(connection);
			return result;
		}
		catch (LockkeeperException ex) {
			throw ex;
		}
		catch (Exception ex) {
			// It may have been lost since the look before, which says nothing of the
			// database
			String sqlState = SqlStates.of(ex);
			if (kept && sqlState != null && SqlStates.isConnectionLost(sqlState)) {
				shared.close();
				return read(action);
			}
			throw unreadable(ex, asked);
		}
		finally {
			if (!keep) {
				shared.close();
			}
		}
	}

	private RuntimeException unreadable(Exception failure, boolean asked) {
		Diagnosis diagnosis = this.location.diagnose(failure, SqlStates::onRead, this.code);
		if (diagnosis == null) {
			diagnosis = LiquibaseFailures.ofRead(failure, this.connections.describe(), historyTable(), this.login);
		}
		if (diagnosis == null || diagnosis.status() == ExitStatus.CHANGELOG) {
			Diagnosis missing = new MissingChangeLog(this.name, this.bean).diagnose();
			diagnosis = (missing != null) ? missing : diagnosis;
		}
		if (diagnosis == null) {
			return (failure instanceof RuntimeException unforeseen) ? unforeseen : new IllegalStateException(failure);
		}
		diagnosis = this.rights.complete(diagnosis, tables(), this.login, asked);
		return new SchemaUnreadableException(this.name, diagnosis.status(), diagnosis.sqlState(), diagnosis.passing(),
				named(diagnosis, diagnosis.message()), named(diagnosis, diagnosis.reason()), diagnosis.action(),
				failure);
	}

	// A parser does not always say what it parses
	private String named(Diagnosis diagnosis, String text) {
		String changeLog = String.valueOf(this.bean.getChangeLog());
		String file = changeLog.substring(changeLog.lastIndexOf('/') + 1);
		boolean named = diagnosis.status() != ExitStatus.CHANGELOG || text.contains(file);
		return named ? text : "Changelog %s: %s".formatted(changeLog, text);
	}

	private ExpectedChangeSets expectation(Connection connection) throws Exception {
		ExpectedChangeSets known = this.code;
		if (known == null) {
			known = withLiquibase(connection, (uncloseable) -> ExpectedChangeSets.read(this.bean, uncloseable));
			this.code = known;
		}
		return known;
	}

	// A thread of the user keeps to itself why Liquibase has begun with nothing
	private void validate() throws Exception {
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
	private <T> T withLiquibase(Connection connection, ReadAction<T> action) throws Exception {
		return inReadOnlyTransactions(connection, (reading) -> {
			SingleConnectionDataSource uncloseable = new SingleConnectionDataSource(reading, true);
			return LiquibaseAccess.inScope(this.bean,
					() -> Scope.child(ReadOnlyHistoryService.scope(), () -> action.read(uncloseable.getConnection())));
		});
	}

	/**
	 * Let only transactions be read-only, and not the session: a driver may set that on
	 * the server, where it would stay for others when sessions are shared. On PostgreSQL
	 * no transaction stays open while Liquibase computes.
	 */
	private static <T> T inReadOnlyTransactions(Connection connection, ReadAction<T> action) throws Exception {
		if (PostgreSql.isServing(connection)) {
			try (BriefTransactions transactions = BriefTransactions.begin(connection)) {
				return action.read(transactions.asConnection());
			}
		}
		connection.setAutoCommit(false);
		connection.setReadOnly(true);
		try {
			return action.read(connection);
		}
		finally {
			if (!connection.isClosed()) {
				if (!connection.getAutoCommit()) {
					connection.rollback();
				}
				connection.setReadOnly(false);
				connection.setAutoCommit(true);
			}
		}
	}

	private boolean isSkipped(ChangeSet changeSet, ExpectedChangeSets expectation, Connection connection) {
		if (this.skipped.contains(ExpectedChangeSets.key(changeSet))) {
			return true;
		}
		PreconditionContainer preconditions = changeSet.getPreconditions();
		if (preconditions == null) {
			return false;
		}
		boolean failureSkips = preconditions.getOnFail() == PreconditionContainer.FailOption.CONTINUE;
		boolean errorSkips = preconditions.getOnError() == PreconditionContainer.ErrorOption.CONTINUE;
		if (!failureSkips && !errorSkips) {
			return false;
		}
		try {
			return withLiquibase(connection, (uncloseable) -> {
				Database database = LiquibaseAccess.createDatabase(this.bean, uncloseable);
				try {
					preconditions.check(database, expectation.changeLog(), changeSet, null);
					return false;
				}
				catch (PreconditionFailedException ex) {
					return failureSkips;
				}
				catch (PreconditionErrorException ex) {
					// Who may only read the history cannot tell, and must not wait for
					// ever
					return errorSkips || SqlStates.isPermission(SqlStates.of(ex));
				}
			});
		}
		catch (Exception ex) {
			logger.debug("lockkeeper - a precondition could not be looked at (%s)".formatted(changeSet), ex);
			return false;
		}
	}

	// What may not be read is not told: the history is enough to know the status
	private @Nullable LockHolder lockHolder(Connection connection, LiquibaseTables tables) {
		Optional<LockHolder> holder = Optional.empty();
		try {
			holder = this.lockReader.read(connection, tables.lease(), tables.leaseName());
		}
		catch (SQLException ex) {
			logger.trace("lockkeeper - the lease cannot be read", ex);
		}
		try {
			StockLock lock = new StockLockRow(tables.lock()).read(connection);
			LockHolder stock = (lock != null) ? lock.toHolder() : null;
			if (holder.isPresent()) {
				// Who holds the lease, too, waits for a Liquibase that is not governed
				return (lock != null && stock != null && !lock.isGoverned()) ? stock : holder.get();
			}
			this.leftLock = (lock != null && lock.isGoverned()) ? lock.holder() : null;
			return stock;
		}
		catch (SQLException ex) {
			logger.trace("lockkeeper - the changelog lock cannot be read", ex);
			return holder.orElse(null);
		}
	}

	@Override
	public boolean needsRun(SchemaState state) {
		ExpectedChangeSets expectation = this.code;
		return !state.pending().isEmpty() || !state.changed().isEmpty() || this.upkeepDue
				|| (expectation != null && expectation.alwaysRuns()) || this.bean.isDropFirst()
				|| this.bean.isClearCheckSums() || this.bean.isTestRollbackOnUpdate()
				|| LiquibaseAccess.hasRollbackFile(this.bean) || LiquibaseAccess.initialisesItself(this.bean);
	}

	@Override
	public boolean isLockLeft() {
		return this.leftLock != null;
	}

	@Override
	public void releaseLeftLock(@Nullable String dead) throws SQLException {
		LiquibaseTables tables = tables();
		if (tables == null) {
			return;
		}
		String seen = this.leftLock;
		StockLockRow row = new StockLockRow(tables.lock());
		try (Connection connection = this.connections.limited().getConnection()) {
			if (seen != null) {
				release(connection, row, seen);
			}
			if (dead != null) {
				release(connection, row, StockLock.GOVERNED + dead);
			}
			this.leftLock = null;
		}
		catch (SQLException ex) {
			if (!SqlStates.isUndefinedTable(SqlStates.of(ex))) {
				throw ex;
			}
		}
	}

	@Override
	public @Nullable ReleasableLock getReleasableLock() {
		LiquibaseTables tables = tables();
		return (tables != null) ? new ChangeLogLock(this.connections, new StockLockRow(tables.lock())) : null;
	}

	@Override
	public @Nullable UnfinishedChangeSets getUnfinishedChangeSets() {
		IntentTable table = intents();
		return (table != null) ? new NotedStatements(this.connections, table) : null;
	}

	private void release(Connection connection, StockLockRow row, String holder) throws SQLException {
		if (row.freeAndCommit(connection, holder)) {
			logger.info("lockkeeper - released the changelog lock that a run has left (schema %s, held by %s)"
				.formatted(this.name, holder));
		}
	}

	@Override
	public boolean isEmbedded() {
		return this.connections.isEmbedded();
	}

	@Override
	public boolean dropsFirst() {
		return this.bean.isDropFirst();
	}

	@Override
	public LockAddress getLockAddress() {
		ExpectedChangeSets expectation = this.code;
		Assert.state(expectation != null, "The schema has not been inspected yet");
		LiquibaseTables tables = expectation.tables();
		return new LockAddress(tables.leaseName(), tables.lease(), tables.history(), this.connections.limited(),
				this.connections.isShared());
	}

	@Override
	public void requireSessions() {
		if (isEmbedded() || this.unshared.contains(this.source)) {
			return;
		}
		String proof;
		try {
			proof = SharedBackends.findProof(this.connections::openStateless, !this.connections.isShared());
		}
		catch (SQLException | RuntimeException ex) {
			throw unreadable(ex, false);
		}
		if (proof != null) {
			throw new SharedSessionsException(this.name, this.connections.describe(), proof);
		}
		if (!this.connections.isShared()) {
			this.unshared.add(this.source);
		}
	}

	@Override
	public void migrate(Lease lease, RunControl control) throws Exception {
		Customizer<Liquibase> customizer = this.bean.getCustomizer();
		String holder = lease.getHolder();
		LiquibaseActivity activity = new LiquibaseActivity();
		RunTransactions transactions = new RunTransactions(lease, leaseTable(), this.bean.isDropFirst(), control,
				intents(), activity);
		RunConnections runConnections = new RunConnections(this.connections, lease, transactions, control);
		RunListener listener = new RunListener(control, transactions, activity, (changeSet) -> this.skipped
			.add(ExpectedChangeSets.key(changeSet.file(), changeSet.id(), changeSet.author())));
		this.skipped.clear();
		GovernedRun run = new GovernedRun(holder, control, activity, this.level.getHeldBackKeys(), this.foreignLocks);
		BeanInitialisation initialisation = BeanInitialisation.prepare(this.name, this.bean, runConnections, run,
				listener);
		try (RunObstacles obstacles = RunObstacles.watch(this.name, this.connections, tables(), lease,
				runConnections::isOwn, control)) {
			control.cancelWith(runConnections::abort);
			this.bean.setCustomizer(listening(customizer, lease, listener, transactions));
			Scope.getCurrentScope().getSingleton(FastCheckService.class).clearCache();
			initialisation.run(run, listener, this.seen);
			if (initialisation.hasEndedSilently(control)) {
				validate();
			}
			transactions.finish();
			requireSession(runConnections);
			runConnections.finish();
		}
		catch (Exception ex) {
			// What it was told before may not have come to be
			this.skipped.clear();
			String acting = transactions.getActingRole();
			this.login = (acting != null) ? this.login.actingAs(acting) : this.login;
			if (runConnections.isSessionLost() && !SqlStates.isSessionTimeout(SqlStates.of(ex))) {
				throw new SessionLostException(ex, isRepeatable(runConnections, transactions));
			}
			throw ex;
		}
		finally {
			control.cancelWith(null);
			listener.leave();
			initialisation.leave();
			this.bean.setCustomizer(customizer);
			runConnections.closeAll();
			if (this.bean.isDropFirst()) {
				this.level.forget();
			}
			if (activity.isLocked()) {
				this.leftLock = StockLock.GOVERNED + holder;
			}
			this.tablesOfRun = tables();
			// A subclass may have set its properties only now
			this.code = LiquibaseAccess.initialisesItself(this.bean) ? null : this.code;
		}
	}

	// Liquibase looks away when it cannot release its lock, and takes a precondition that
	// could not be asked for one that is not met
	private static void requireSession(RunConnections runConnections) throws SQLException {
		if (runConnections.isSessionLost()) {
			throw new SQLException("The connection of the run was lost", SqlStates.CONNECTION_LOST);
		}
	}

	// What is dropped, or rolled back on trial, is not part of a transaction with its
	// row; what a subclass does, nobody knows
	private boolean isRepeatable(RunConnections runConnections, RunTransactions transactions) {
		return !this.connections.isShared() && !this.bean.isDropFirst() && !this.bean.isTestRollbackOnUpdate()
				&& !LiquibaseAccess.initialisesItself(this.bean) && runConnections.isMerging()
				&& transactions.isRepeatable();
	}

	@Override
	public Preview preview(PreviewLimits limits) {
		SqlPreview preview = new SqlPreview(this.name, this.bean, this.level.getHeldBackKeys(), this.clock, limits);
		return read((connection) -> inReadOnlyTransactions(connection, preview::write));
	}

	// Called when everything has been dropped, if anything has, and before anything runs
	private Customizer<Liquibase> listening(@Nullable Customizer<Liquibase> customizer, Lease lease,
			RunListener listener, RunTransactions transactions) {
		return (liquibase) -> {
			if (this.bean.isDropFirst()) {
				lease.restore();
				this.diary.restore();
			}
			transactions.dropped();
			if (customizer != null) {
				customizer.customize(liquibase);
			}
			RunServices.require(this.name, liquibase.getDatabase());
			this.location.requireSame(liquibase.getDatabase(), this.code);
			listener.attach();
			ChangeExecListener present = LiquibaseAccess.getListener(liquibase);
			if (present instanceof DefaultChangeExecListener composite) {
				composite.addListener(listener);
			}
			else if (present != null) {
				liquibase.setChangeExecListener(new DefaultChangeExecListener(present, listener));
			}
			else {
				liquibase.setChangeExecListener(new DefaultChangeExecListener(listener));
			}
		};
	}

	@Override
	public @Nullable Diagnosis diagnose(Throwable failure) {
		Diagnosis ofTable = this.location.diagnose(failure, SqlStates::inRun, this.code);
		if (ofTable != null) {
			return ofTable;
		}
		Diagnosis diagnosis = LiquibaseFailures.ofRun(failure, this.login);
		if (diagnosis != null && LiquibaseTableFailures.areIn(failure)) {
			diagnosis = diagnosis.ofNoChangeSet();
		}
		return (diagnosis != null) ? this.rights.complete(diagnosis, tables(), this.login, false) : null;
	}

	// Those of the run that is over, while the change sets have to be read anew
	private @Nullable LiquibaseTables tables() {
		ExpectedChangeSets expectation = this.code;
		return (expectation != null) ? expectation.tables() : this.tablesOfRun;
	}

	private @Nullable IntentTable intents() {
		ExpectedChangeSets expectation = this.code;
		return (expectation != null)
				? new IntentTable(this.name, expectation.tables().intents(), expectation.tables().history()) : null;
	}

	private String leaseTable() {
		ExpectedChangeSets expectation = this.code;
		return (expectation != null) ? expectation.tables().lease() : "";
	}

	private String historyTable() {
		ExpectedChangeSets expectation = this.code;
		return (expectation != null) ? expectation.tables().history() : "the history table";
	}

	/**
	 * Something that reads.
	 *
	 * @param <T> what is read
	 */
	@FunctionalInterface
	private interface ReadAction<T> {

		T read(Connection connection) throws Exception;

	}

}
