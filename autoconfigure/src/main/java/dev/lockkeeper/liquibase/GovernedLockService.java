// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.stream.Collectors;

import dev.lockkeeper.postgresql.SqlStates;
import liquibase.Scope;
import liquibase.changelog.ChangeLogHistoryServiceFactory;
import liquibase.database.Database;
import liquibase.database.jvm.JdbcConnection;
import liquibase.exception.LiquibaseException;
import liquibase.exception.LockException;
import liquibase.lockservice.StandardLockService;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * Holds Liquibase's own lock while a governed run holds the lease, so that a Liquibase
 * that is not governed waits. The lease has already made sure that no other governed run
 * is under way: a row that one of them left is taken over at once. A row of somebody else
 * is waited for. Found by Liquibase's service loader.
 *
 * @since 0.1.0
 */
public class GovernedLockService extends StandardLockService {

	private static final Log logger = LogFactory.getLog(GovernedLockService.class);

	private static final String HOLDER_PREFIX = "lockkeeper:";

	private static final Duration POLL = Duration.ofSeconds(1);

	private final @Nullable GovernedRun run = GovernedRun.current();

	@Override
	public int getPriority() {
		return PRIORITY_DATABASE + PRIORITY_DATABASE;
	}

	@Override
	public boolean supports(Database database) {
		return GovernedRun.current() != null && database.getConnection() instanceof JdbcConnection;
	}

	@Override
	public void waitForLock() throws LockException {
		GovernedRun current = run();
		long deadline = System.nanoTime() + current.lockWait().toNanos();
		boolean told = false;
		while (!acquireLock()) {
			if (!told) {
				logger.warn("lockkeeper - waiting for a Liquibase that is not governed (held by %s); if that process "
					.formatted(holders()) + "is dead, release its row in " + table());
				told = true;
			}
			if (System.nanoTime() - deadline >= 0) {
				throw new LockException(
						"The changelog lock was still held by %s after %s".formatted(holders(), current.lockWait()));
			}
			try {
				if (current.control().awaitStop(POLL)) {
					throw new LockException("The run was stopped while it waited for the changelog lock");
				}
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
				throw new LockException(ex);
			}
		}
	}

	@Override
	public boolean acquireLock() throws LockException {
		if (this.hasChangeLogLock) {
			return true;
		}
		try {
			this.database.rollback();
			init();
			boolean locked = update(
					"UPDATE %s SET LOCKED = ?, LOCKEDBY = ?, LOCKGRANTED = ? WHERE ID = 1 AND (LOCKED = ? OR LOCKEDBY LIKE ?)",
					true, HOLDER_PREFIX + run().holder(), Timestamp.from(Instant.now()), false, HOLDER_PREFIX + "%");
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
		catch (LiquibaseException | SQLException ex) {
			throw new LockException(ex);
		}
	}

	@Override
	public void releaseLock() throws LockException {
		try {
			run().transactions().release();
			this.database.rollback();
			if (!update("UPDATE %s SET LOCKED = ?, LOCKEDBY = ?, LOCKGRANTED = ? WHERE ID = 1 AND LOCKEDBY = ?", false,
					null, null, HOLDER_PREFIX + run().holder())) {
				logger.debug("lockkeeper - the changelog lock was somebody else's already");
			}
		}
		catch (LiquibaseException | SQLException ex) {
			if (!SqlStates.isUndefinedTable(SqlStates.of(ex))) {
				throw new LockException(ex);
			}
			// dropAll has dropped the table under the lock that it holds
			rollback();
		}
		finally {
			this.hasChangeLogLock = false;
			this.database.setCanCacheLiquibaseTableInfo(false);
		}
	}

	private boolean update(String sql, @Nullable Object... parameters) throws LiquibaseException, SQLException {
		JdbcConnection connection = (JdbcConnection) this.database.getConnection();
		try (PreparedStatement statement = connection.prepareStatement(sql.formatted(table()))) {
			for (int i = 0; i < parameters.length; i++) {
				if (parameters[i] != null) {
					statement.setObject(i + 1, parameters[i]);
				}
				else {
					statement.setNull(i + 1, (i == 1) ? java.sql.Types.VARCHAR : java.sql.Types.TIMESTAMP);
				}
			}
			boolean updated = statement.executeUpdate() > 0;
			this.database.commit();
			return updated;
		}
	}

	private void rollback() throws LockException {
		try {
			this.database.rollback();
		}
		catch (LiquibaseException ex) {
			throw new LockException(ex);
		}
	}

	private String table() {
		return this.database.escapeTableName(this.database.getLiquibaseCatalogName(),
				this.database.getLiquibaseSchemaName(), this.database.getDatabaseChangeLogLockTableName());
	}

	private String holders() throws LockException {
		return Arrays.stream(listLocks())
			.map((lock) -> "%s since %s".formatted(lock.getLockedBy(), lock.getLockGranted()))
			.collect(Collectors.joining(", "));
	}

	private GovernedRun run() {
		Assert.state(this.run != null, "No governed run on this thread");
		return this.run;
	}

}
