// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock.lease;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

import dev.lockkeeper.lock.Lease;
import dev.lockkeeper.lock.LockAddress;
import dev.lockkeeper.lock.LockRemains;
import dev.lockkeeper.lock.MigrationLock;
import dev.lockkeeper.lock.lease.LeaseRow.Found;
import dev.lockkeeper.lock.lease.LeaseTable.LastHolder;
import dev.lockkeeper.postgresql.Backend;
import dev.lockkeeper.postgresql.SessionActivity;
import dev.lockkeeper.postgresql.SqlStates;
import dev.lockkeeper.schema.LockHolder;
import dev.lockkeeper.schema.LockTenure;
import dev.lockkeeper.schema.RunActivity;
import net.javacrumbs.shedlock.core.LockConfiguration;
import net.javacrumbs.shedlock.core.SimpleLock;
import net.javacrumbs.shedlock.provider.jdbctemplate.JdbcTemplateLockProvider;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.dao.CannotAcquireLockException;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.SQLExceptionTranslator;

/**
 * A lock in a table, held for a while at a time. The time is that of the database, so
 * that the clocks of the processes need not agree. The name of a holder is unique for
 * each acquisition: a host name alone would let a restarted process renew what is no
 * longer its own.
 */
final class LeaseLock implements MigrationLock {

	private static final Log logger = LogFactory.getLog(LeaseLock.class);

	private static final int MAXIMUM_HOLDER_LENGTH = 200;

	private final LockAddress address;

	private final Duration duration;

	private final String process;

	LeaseLock(LockAddress address, Duration duration, String process) {
		this.address = address;
		this.duration = duration;
		this.process = (process.length() > MAXIMUM_HOLDER_LENGTH) ? process.substring(0, MAXIMUM_HOLDER_LENGTH)
				: process;
	}

	@Override
	public Optional<Lease> tryAcquire() {
		LeaseSession session = new LeaseSession(this.address, this.duration);
		boolean held = false;
		try {
			Optional<Lease> lease = acquire(session);
			held = lease.isPresent();
			return lease;
		}
		catch (SQLException | RuntimeException ex) {
			if (isLockTimeout(SqlStates.of(ex))) {
				logger.debug("lockkeeper - the row of the lease could not be locked in time", ex);
				return Optional.empty();
			}
			throw (ex instanceof RuntimeException failure) ? failure : new DataAccessResourceFailureException(
					"The lease table %s does not answer".formatted(this.address.table()), ex);
		}
		finally {
			if (!held) {
				session.close();
			}
		}
	}

	@Override
	public Optional<LockHolder> findHolder(Connection connection) throws SQLException {
		LastHolder last = LeaseTable.read(connection, this.address.table(), this.address.name());
		return (last != null && last.holds()) ? Optional.of(last.toHolder()) : Optional.empty();
	}

	@Override
	public LockTenure findTenure(Connection connection, String holder) throws SQLException {
		LastHolder last = LeaseTable.read(connection, this.address.table(), this.address.name());
		return (last != null && last.name().equals(holder)) ? last.toTenure() : LockTenure.over(null);
	}

	@Override
	public RunActivity readActivity(Connection connection) throws SQLException {
		LeaseRow row = LeaseRow.of(connection, this.address);
		Found found = (row != null) ? row.find(connection) : null;
		return (found != null && found.held() && found.backend() != null)
				? SessionActivity.read(connection, found.backend()) : RunActivity.UNKNOWN;
	}

	@Override
	public LockRemains releaseDead() throws SQLException {
		return new DeadHolder(this.address).release();
	}

	// A timeout of the role may be shorter than ours
	private static boolean isLockTimeout(@Nullable String sqlState) {
		return SqlStates.isLockTimeout(sqlState) || SqlStates.isCancelled(sqlState);
	}

	private Optional<Lease> acquire(LeaseSession session) throws SQLException {
		createTable(session);
		LeaseRow row = LeaseRow.of(session.getConnection(), this.address);
		Found found = (row != null) ? row.find(session.getConnection()) : null;
		Predecessor predecessor = null;
		if (found != null) {
			if (found.held()) {
				return Optional.empty();
			}
			if (found.readOnly()) {
				// ShedLock would log it as an error, each time
				throw new SQLException("The lease cannot be taken in a read-only transaction", SqlStates.READ_ONLY);
			}
			// First of all: a backend that is frozen between its proof and its commit
			// would keep the row locked
			predecessor = end(session, found.holder(), found.backend());
		}
		if (row != null && isKept(session, row)) {
			return Optional.empty();
		}
		String holder = this.process + "/" + UUID.randomUUID();
		long asked = System.nanoTime();
		Optional<SimpleLock> lock = take(session, holder);
		if (lock.isEmpty()) {
			return Optional.empty();
		}
		if (predecessor != null) {
			predecessor.ended();
		}
		Predecessor between = (row != null) ? endWhoCameBetween(session, row, found, holder, lock.get()) : null;
		Predecessor last = (between != null) ? between : predecessor;
		return Optional.of(RenewedLease.start(lock.get(), holder, session, row, this.duration, asked,
				(last != null) ? last.holder() : null, () -> take(session, holder)));
	}

	private static @Nullable Predecessor end(LeaseSession session, String holder, @Nullable Backend backend)
			throws SQLException {
		if (backend == null) {
			return null;
		}
		Predecessor predecessor = Predecessor.withoutLease(holder, backend);
		predecessor.end(session.getConnection(), session.timeout());
		return predecessor;
	}

	// A holder is about to commit, in a session that was not recorded, or whose record
	// is gone
	private static boolean isKept(LeaseSession session, LeaseRow row) throws SQLException {
		try {
			return row.isKept(session.getConnection());
		}
		catch (SQLException ex) {
			if (!SqlStates.isWithheld(ex.getSQLState())) {
				throw ex;
			}
			// A role that may not use such locks cannot have committed with one
			logger.debug("lockkeeper - not known whether another session keeps the lease", ex);
			session.reset();
			return false;
		}
	}

	// After the row was read and before the lease was taken, another process may have
	// held the lease and lost it
	private @Nullable Predecessor endWhoCameBetween(LeaseSession session, LeaseRow row, @Nullable Found before,
			String holder, SimpleLock lock) throws SQLException {
		try {
			Found now = row.find(session.getConnection());
			boolean between = now != null && (before == null || !Objects.equals(before.backend(), now.backend()));
			Predecessor predecessor = (now != null && between) ? end(session, "a process in between", now.backend())
					: null;
			if (predecessor != null) {
				predecessor.ended();
			}
			row.forget(session.getConnection(), holder);
			return predecessor;
		}
		catch (SQLException | RuntimeException ex) {
			giveBack(session, lock, ex);
			throw ex;
		}
	}

	// The reason is reported, and not what became of the connection because of it
	private static void giveBack(LeaseSession session, SimpleLock lock, Exception reason) {
		session.reset();
		try {
			lock.unlock();
		}
		catch (RuntimeException ex) {
			reason.addSuppressed(ex);
		}
	}

	private Optional<SimpleLock> take(LeaseSession session, String holder) {
		createTable(session);
		JdbcTemplate template = new JdbcTemplate(session);
		JdbcTemplateLockProvider.Configuration.Builder configuration = JdbcTemplateLockProvider.Configuration.builder()
			.withJdbcTemplate(template)
			.withTableName(this.address.table())
			.withLockedByValue(holder)
			.usingDbTime();
		// A connection of an unknown data source may come without autocommit
		if (!session.isShared()) {
			configuration.withTransactionManager(new SingleStatements());
		}
		JdbcTemplateLockProvider provider = new JdbcTemplateLockProvider(configuration.build());
		SQLExceptionTranslator usual = template.getExceptionTranslator();
		template.setExceptionTranslator((task, sql, ex) -> isLockTimeout(SqlStates.of(ex))
				? new CannotAcquireLockException("Another transaction is in the way", ex)
				: usual.translate(task, sql, ex));
		try {
			return provider
				.lock(new LockConfiguration(Instant.now(), this.address.name(), this.duration, Duration.ZERO));
		}
		finally {
			// ShedLock tries to unlock ten times when it gets that exception
			template.setExceptionTranslator(usual);
		}
	}

	private void createTable(LeaseSession session) {
		try (Connection connection = session.getConnection()) {
			LeaseTable.createIfMissing(connection, this.address.table());
		}
		catch (SQLException ex) {
			throw new DataAccessResourceFailureException(
					"The lease table %s is not there and cannot be created".formatted(this.address.table()), ex);
		}
	}

}
