// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase.lock;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;

import dev.lockkeeper.database.ConnectedDatabase;
import dev.lockkeeper.exit.CommandAdvice;
import dev.lockkeeper.liquibase.run.ForeignLocks;
import dev.lockkeeper.liquibase.run.GovernedRun;
import dev.lockkeeper.liquibase.run.LiquibaseTableException;
import dev.lockkeeper.liquibase.run.OwnService;
import dev.lockkeeper.migration.RunControl;
import dev.lockkeeper.postgresql.PostgreSql;
import dev.lockkeeper.postgresql.SqlStates;
import dev.lockkeeper.wording.Durations;
import liquibase.Scope;
import liquibase.changelog.ChangeLogHistoryServiceFactory;
import liquibase.database.Database;
import liquibase.database.jvm.JdbcConnection;
import liquibase.exception.DatabaseException;
import liquibase.exception.LiquibaseException;
import liquibase.exception.LockException;
import liquibase.executor.ExecutorService;
import liquibase.lockservice.StandardLockService;
import liquibase.statement.core.CreateDatabaseChangeLogLockTableStatement;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * Holds Liquibase's own lock while a governed run holds the lease, so that a Liquibase
 * that is not governed waits. The lease has already made sure that no other governed run
 * is under way: a row that one of them left is taken over at once. It waits for a row of
 * any other holder, and breaks it at an age only if the user has set one. Found by
 * Liquibase's service loader.
 *
 * @since 0.1.0
 */
public class GovernedLockService extends StandardLockService implements OwnService {

	private static final Log logger = LogFactory.getLog(GovernedLockService.class);

	private static final Duration POLL = Duration.ofSeconds(1);

	private static final int ATTEMPTS = 5;

	private @Nullable GovernedRun run = GovernedRun.current();

	@Override
	public int getPriority() {
		return PRIORITY;
	}

	@Override
	public boolean supports(Database database) {
		return GovernedRun.of(database) != null && database.getConnection() instanceof JdbcConnection;
	}

	/**
	 * Create the table, unless a transaction can: there it appears together with the lock
	 * that is held.
	 */
	@Override
	public void init() throws DatabaseException {
		try {
			if (isWrittenDown()
					|| !ConnectedDatabase.of(connection().getUnderlyingConnection()).hasTransactionalDdl()) {
				super.init();
			}
		}
		catch (SQLException ex) {
			throw new DatabaseException(ex);
		}
	}

	@Override
	public void waitForLock() throws LockException {
		try {
			if (!acquireLock()) {
				awaitForeign();
			}
		}
		catch (LockException | RuntimeException ex) {
			run().failed(ex);
			throw ex;
		}
	}

	private void awaitForeign() throws LockException {
		RunControl control = run().control();
		control.lockWaitBegan("waiting for a Liquibase that is not governed");
		try {
			waitForForeign();
			control.lockWaitEnded(null);
		}
		catch (LockException | RuntimeException ex) {
			control.lockWaitEnded(ex);
			throw ex;
		}
	}

	private void waitForForeign() throws LockException {
		ForeignLocks foreignLocks = run().foreignLocks();
		long started = System.nanoTime();
		StockLock watched = null;
		long watchedSince = started;
		while (!acquireLock()) {
			StockLock found = foreignLock();
			if (found != null && !found.isSame(watched)) {
				watched = found;
				watchedSince = System.nanoTime();
				logger.warn(("lockkeeper - waiting for a Liquibase that is not governed (changelog lock %s held by %s; "
						+ "up to %s; %s); if it is dead, release its lock: %s")
					.formatted(table(), found, Durations.inWords(foreignLocks.timeout()), sessions(found),
							release(found)));
			}
			if (found != null && breakIfOld(found, since(watchedSince), foreignLocks.breakAfter())) {
				return;
			}
			if (since(started).compareTo(foreignLocks.timeout()) >= 0) {
				throw giveUp(found, foreignLocks.timeout());
			}
			pause();
			run().control().moved();
		}
	}

	private static Duration since(long time) {
		return Duration.ofNanos(System.nanoTime() - time);
	}

	private boolean breakIfOld(StockLock lock, Duration watched, @Nullable Duration limit) throws LockException {
		if (limit == null || !lock.isOlderThan(limit, watched)) {
			return false;
		}
		String sessions = sessions(lock);
		if (!breakLock(lock)) {
			return false;
		}
		logger.warn(("lockkeeper - broke the changelog lock of a Liquibase that is not governed (%s held by %s, longer "
				+ "than %s; %s); if that one is still at work, two are now")
			.formatted(table(), lock, Durations.inWords(limit), sessions));
		return true;
	}

	private ForeignLockException giveUp(@Nullable StockLock lock, Duration timeout) throws LockException {
		String facts = (lock != null) ? "%s after %s; %s".formatted(lock, Durations.inWords(timeout), sessions(lock))
				: "an unknown process after " + Durations.inWords(timeout);
		return new ForeignLockException("The changelog lock %s was still held by %s.".formatted(table(), facts),
				("Let that Liquibase finish, then start this process again. If it is dead, release its lock: %s; or let "
						+ "lockkeeper.lock.break-foreign-after break such locks.")
					.formatted(release(lock)));
	}

	// A lock that names no holder cannot be released by the command
	private String release(@Nullable StockLock lock) {
		String holder = (lock != null) ? lock.holder() : null;
		return (holder != null && !holder.isBlank()) ? CommandAdvice.releaseLock(holder) : row().freeByHand();
	}

	private void pause() throws LockException {
		try {
			if (run().control().awaitStop(POLL)) {
				throw new LockException("The run was stopped while it waited for the changelog lock");
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new LockException(ex);
		}
	}

	@Override
	public boolean acquireLock() throws LockException {
		if (this.hasChangeLogLock) {
			return true;
		}
		if (isWrittenDown()) {
			return super.acquireLock();
		}
		try {
			this.database.rollback();
			run().activity().locked(true);
			return acquired(createHeld() || commit(row().take(connection().getUnderlyingConnection(), holder())));
		}
		catch (LiquibaseException | SQLException ex) {
			throw new LockException(LiquibaseTableException.ofLock(table(), ex));
		}
	}

	// Only if it is still the lock that was read
	private boolean breakLock(StockLock lock) throws LockException {
		try {
			run().activity().locked(true);
			return acquired(commit(row().takeFrom(connection().getUnderlyingConnection(), lock, holder())));
		}
		catch (LiquibaseException | SQLException ex) {
			throw new LockException(LiquibaseTableException.ofLock(table(), ex));
		}
	}

	// What was read before the lock was there may be out of date by now
	private boolean acquired(boolean locked) {
		run().activity().locked(locked);
		if (locked) {
			this.hasChangeLogLock = true;
			Scope.getCurrentScope()
				.getSingleton(ChangeLogHistoryServiceFactory.class)
				.getChangeLogService(this.database)
				.reset();
			this.database.setCanCacheLiquibaseTableInfo(true);
		}
		return locked;
	}

	/**
	 * See that the lock table is there and has its row. Liquibase creates the table, and
	 * then deletes all rows and inserts one, in two transactions: a row that is inserted,
	 * and locked, in between would be deleted under its holder. So the table and a row
	 * that is locked appear at once here; and a row is added to an empty table only when
	 * no other session is about to do so.
	 * @return whether the row was inserted, and the lock is held
	 */
	private boolean createHeld() throws LiquibaseException, SQLException {
		Connection connection = connection().getUnderlyingConnection();
		if (!ConnectedDatabase.of(connection).hasTransactionalDdl()) {
			init();
			return false;
		}
		for (int attempt = 1;; attempt++) {
			try {
				return createHeld(connection);
			}
			catch (LiquibaseException | SQLException ex) {
				if (attempt == ATTEMPTS || !SqlStates.isRace(SqlStates.of(ex))) {
					throw ex;
				}
				this.database.rollback();
			}
		}
	}

	private boolean createHeld(Connection connection) throws LiquibaseException, SQLException {
		if (!PostgreSql.hasTable(connection, table())) {
			Scope.getCurrentScope()
				.getSingleton(ExecutorService.class)
				.getExecutor("jdbc", this.database)
				.execute(new CreateDatabaseChangeLogLockTableStatement());
		}
		else if (row().exists(connection)) {
			return false;
		}
		else {
			// A session that has seen the table empty has read it, and inserts before
			// it commits
			try (Statement statement = connection.createStatement()) {
				statement.execute("LOCK TABLE %s IN ACCESS EXCLUSIVE MODE".formatted(table()));
			}
			if (row().exists(connection)) {
				this.database.rollback();
				return false;
			}
		}
		row().insert(connection, holder());
		return commit(true);
	}

	// Nothing is left open while this process waits: others build indexes concurrently
	private @Nullable StockLock foreignLock() throws LockException {
		try {
			StockLock lock = row().read(connection().getUnderlyingConnection());
			this.database.rollback();
			return lock;
		}
		catch (LiquibaseException | SQLException ex) {
			throw new LockException(LiquibaseTableException.ofLock(table(), ex));
		}
	}

	private String sessions(StockLock lock) throws LockException {
		try {
			return lock.sessions(connection().getUnderlyingConnection());
		}
		catch (SQLException ex) {
			logger.debug("lockkeeper - the sessions of a host could not be looked for", ex);
			return "the sessions of its host could not be looked for";
		}
		finally {
			rollback();
		}
	}

	@Override
	public void releaseLock() throws LockException {
		if (isWrittenDown()) {
			super.releaseLock();
			return;
		}
		try {
			run().activity().releases();
			this.database.rollback();
			if (!commit(row().free(connection().getUnderlyingConnection(), holder()))) {
				logger.debug("lockkeeper - the changelog lock was another process's already");
			}
			run().activity().locked(false);
		}
		catch (LiquibaseException | SQLException ex) {
			if (!SqlStates.isUndefinedTable(SqlStates.of(ex))) {
				throw new LockException(LiquibaseTableException.ofLock(table(), ex));
			}
			// dropAll has dropped the table under the lock that it holds
			run().activity().locked(false);
			rollback();
		}
		finally {
			this.hasChangeLogLock = false;
			this.database.setCanCacheLiquibaseTableInfo(false);
		}
	}

	/**
	 * Return whether Liquibase writes SQL to a file instead of executing it, as it does
	 * for {@code spring.liquibase.rollback-file}. Its own statements for the lock table
	 * are a part of that file, and nothing in the database changes.
	 */
	private boolean isWrittenDown() {
		return !Scope.getCurrentScope()
			.getSingleton(ExecutorService.class)
			.getExecutor("jdbc", this.database)
			.updatesDatabase();
	}

	private boolean commit(boolean done) throws LiquibaseException {
		this.database.commit();
		return done;
	}

	private void rollback() throws LockException {
		try {
			this.database.rollback();
		}
		catch (LiquibaseException ex) {
			throw new LockException(ex);
		}
	}

	private StockLockRow row() {
		return new StockLockRow(table());
	}

	private String table() {
		return this.database.escapeTableName(this.database.getLiquibaseCatalogName(),
				this.database.getLiquibaseSchemaName(), this.database.getDatabaseChangeLogLockTableName());
	}

	private JdbcConnection connection() {
		return (JdbcConnection) this.database.getConnection();
	}

	private String holder() {
		return StockLock.GOVERNED + run().holder();
	}

	private GovernedRun run() {
		GovernedRun known = (this.run != null) ? this.run : GovernedRun.of(this.database);
		Assert.state(known != null, "No governed run uses this database");
		this.run = known;
		return known;
	}

}
